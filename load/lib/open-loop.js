import { callOf } from './messages.js';
import { Durations } from './durations.js';

/** Milliseconds after which a call without an answer counts as lost. */
const LOST_AFTER = 10_000;
/** Milliseconds between looks at what is due and at what is lost. */
const TICK = { due: 5, lost: 1_000 };

/**
 * Open loop: calls are due by the clock, `rate` a second, whether or not those before were answered, and their
 * latency counts from when they were due. What a slow gateway would make others wait for shows. With `fromSent` it
 * counts from when they went out: no less is seen of the gateway, and nothing of how late our own timers are.
 */
export class OpenLoop {
  durations = new Durations();
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
   */
  constructor(pick, rate, { tool, fromSent = false } = {}) {
    this.pick = pick;
    this.rate = rate;
    this.tool = tool;
    this.fromSent = fromSent;
  }

  start() {
    this.startedAt = performance.now();
    this.#timers = [setInterval(() => this.#due(), TICK.due), setInterval(() => this.#sweep(), TICK.lost)];
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
    const session = this.pick();
    if (!session) return this.fail('there was no session to make the call');
    const id = ++session.calls;
    const text = `call ${this.asked} of all`;
    const call = { session, dueAt };
    this.#open.add(call);
    session.inFlight++;
    const from = this.fromSent ? performance.now() : dueAt;
    session.client.ask(id, callOf(id, text, this.tool), message => {
      // It was lost already.
      if (!this.#open.delete(call)) return;
      session.inFlight--;
      this.durations.add(performance.now() - from);
      if (message?.result?.content?.[0]?.text === text) this.right++;
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

const wire = ({ kind, client }) => `${kind.door}, ${kind.unit}: ${client.failure ?? 'the wire failed'}`;
