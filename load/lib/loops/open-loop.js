import { callOf } from '../clients/messages.js';
import { Durations } from '../tables/durations.js';

/** Milliseconds after which a call without an answer counts as lost. */
const LOST_AFTER = 10_000;
/** Milliseconds between looks at what is due, unless something else is said, and at what is lost. */
const TICK = { due: 5, lost: 1_000 };
/** Calls in flight; what is due beyond them is not sent and counts as lost. */
const MOST_OPEN = 20_000;

/**
 * Open loop: calls are due by the clock, `rate` a second, whether or not those before were answered, and their
 * latency counts from when they were due. What a slow gateway would make others wait for shows. With `fromSent` it
 * counts from when they went out: no less is seen of the gateway, and nothing of how late our own timers are.
 */
export class OpenLoop {
  durations = new Durations();
  /** The same, counted from when they went out, whatever `fromSent` is. */
  sent = new Durations();
  asked = 0;
  right = 0;
  errors = 0;
  lost = 0;
  /** The most that a call went out after it was due, in ms: how late this process itself was. */
  late = 0;
  failures = new Map();
  #open = new Set();
  #timers = [];

  /**
   * @param pick gives the session for the next call
   * @param tool that is called
   * @param tick milliseconds between looks at what is due
   * @param mostOpen calls in flight
   * @param onAnswer is told of each call's end: its session, and whether it had its answer
   */
  constructor(pick, rate, { tool, fromSent = false, tick = TICK.due, mostOpen = MOST_OPEN, onAnswer } = {}) {
    this.pick = pick;
    this.rate = rate;
    this.tool = tool;
    Object.assign(this, { fromSent, tick, mostOpen, onAnswer });
  }

  start() {
    this.startedAt = performance.now();
    this.#timers = [setInterval(() => this.#due(), this.tick), setInterval(() => this.#sweep(), TICK.lost)];
  }

  /** No more calls; resolves when those that are open are answered or lost. */
  async stop() {
    clearInterval(this.#timers[0]);
    await new Promise(resolve => {
      const timer = setInterval(() => {
        if (this.#open.size > 0) return;
        clearInterval(timer);
        resolve();
      }, TICK.due);
    });
    clearInterval(this.#timers[1]);
  }

  fail(why) {
    this.errors++;
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }

  #due() {
    const now = performance.now();
    for (;;) {
      const dueAt = this.startedAt + (this.asked / this.rate) * 1000;
      if (dueAt > now) return;
      this.asked++;
      this.late = Math.max(this.late, now - dueAt);
      this.#ask(dueAt);
    }
  }

  #ask(dueAt) {
    if (this.#open.size >= this.mostOpen) return void this.lost++;
    const session = this.pick();
    if (!session) return this.fail('there was no session to make the call');
    const id = ++session.calls;
    const text = `call ${this.asked} of all`;
    const call = { session, dueAt };
    this.#open.add(call);
    session.inFlight++;
    const sentAt = performance.now();
    session.client.ask(id, callOf(id, text, this.tool), message => {
      // It was lost already.
      if (!this.#open.delete(call)) return;
      session.inFlight--;
      const now = performance.now();
      this.durations.add(now - (this.fromSent ? sentAt : dueAt));
      this.sent.add(now - sentAt);
      const right = message?.result?.content?.[0]?.text === text;
      this.onAnswer?.(session, right);
      if (right) this.right++;
      else this.fail(message ? JSON.stringify(message.error ?? message.result) : wire(session));
    });
  }

  #sweep() {
    const now = performance.now();
    for (const call of this.#open) {
      if (now - call.dueAt < LOST_AFTER) continue;
      this.#open.delete(call);
      call.session.inFlight--;
      this.lost++;
    }
  }
}

const wire = ({ kind, client }) =>
  `${kind ? `${kind.door}, ${kind.unit}: ` : ''}${client.failure ?? 'the wire failed'}`;
