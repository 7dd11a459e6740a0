import { setTimeout as delay } from 'node:timers/promises';
import { startGateway } from '../../load/lib/processes/processes.js';
import { audit } from './audit.mjs';
import { cast } from './cast.mjs';
import { Crew } from './crew.mjs';
import { Dice } from '../../load/lib/dice.js';
import { Ledger } from './ledger.mjs';
import { Publisher } from './publisher.mjs';
import { settings, UNITS } from './settings.mjs';
import { agent } from './wire/post.mjs';

const PUBLISHERS = 6;
/** Messages between two bursts, besides the first few. */
const BURSTS = { least: 3, each: 8_000 };
/** Milliseconds. */
const TICK = 5;
const NOTHING_COMES = 10_000;
const SETTLES = 700;
/** So much longer than asked for may publishing take, on a machine that is busy. */
const PATIENCE = { factor: 10, more: 20_000 };

/**
 * One run: a gateway, clients that come and go, publishers; then everybody stays, and when nothing comes any more the books are
 * compared.
 * @param tight only clients that acknowledge, and a gateway that keeps nothing beyond that
 * @param main the gateway's main file, as `startGateway` of load/lib takes it
 * @returns `{ violations, troubles, facts }`
 */
export async function check(options) {
  const gateway = await startGateway(UNITS, { settings: settings(options), main: options.main });
  const run = new Run(options, gateway);
  try {
    await run.go();
  } finally {
    await run.crew.end();
    run.ending = true;
    await gateway.child.end();
  }
  return run.verdict();
}

class Run {
  violations = [];
  troubles = new Map();
  ending = false;
  over = false;
  #paused = new Map();
  #bursts = 0;

  constructor(options, gateway) {
    this.options = options;
    this.dice = new Dice(String(options.seed));
    this.cast = cast(this.dice, options.clients, options);
    this.ledger = new Ledger(this.cast);
    this.urls = { ...gateway.urls, publish: new URL('/mcp', gateway.urls.http).href };
    this.#watch(gateway.child.process);
    this.crew = new Crew(options.workers, {
      dispatched: (index, pairs) => this.ledger.dispatched(index, pairs),
      violated: violation => this.violations.push(violation),
      paused: ({ id, ms }) => this.#paused.set(id, performance.now() + ms),
      failed: why => this.fail('checker', why),
    });
  }

  /** What the gateway itself knows to be wrong is no secret. */
  #watch(child) {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', more => {
      const lines = (text + more).split('\n');
      text = lines.pop();
      for (const line of lines)
        if (/"level":(50|60)/.test(line)) this.fail('gateway', `it logged ${line.slice(0, 1_500)}`);
    });
    child.once('exit', (code, signal) => {
      if (!this.ending) this.fail('gateway', `it ended (${signal ?? code})`);
    });
  }

  fail(rule, text) {
    this.violations.push({ client: '–', rule, text, trail: [] });
  }

  trouble(text) {
    this.troubles.set(text, (this.troubles.get(text) ?? 0) + 1);
  }

  get broken() {
    return this.violations.length > 0;
  }

  async go() {
    const { seed, pace, tolerateGaps } = this.options;
    const { http: _, ...urls } = this.urls;
    await this.crew.start(this.cast, { seed, urls, options: { pace, tolerateGaps } });
    this.crew.order('go');
    this.startedAt = performance.now();
    await this.#publish();
    this.publishedIn = performance.now() - this.startedAt;
    if (this.broken) return;
    this.crew.order('calm');
    await this.#quiet();
  }

  async #publish() {
    const using = agent(4 * PUBLISHERS);
    const { ledger, cast, urls } = this;
    const desk = {
      ledger,
      cast,
      urls,
      using,
      violate: text => this.fail('publish', text),
      troubled: text => this.trouble(text),
      slowReader: () => this.#slowReader(),
    };
    this.publishers = Array.from(
      { length: PUBLISHERS },
      (_, i) => new Publisher(i, this.dice.for(`publisher ${i}`), desk),
    );
    await Promise.all(this.publishers.map(publisher => this.#keepPublishing(publisher)));
    using.destroy();
  }

  async #keepPublishing(publisher) {
    const { messages, seconds } = this.options;
    const most = seconds * 1_000 * PATIENCE.factor + PATIENCE.more;
    while (this.ledger.accepted < messages && !this.broken) {
      const elapsed = performance.now() - this.startedAt;
      if (elapsed > most)
        throw new Error(`only ${this.ledger.accepted} of ${messages} messages were accepted in ${most} ms`);
      if (this.ledger.accepted > (messages * elapsed) / (seconds * 1_000)) await delay(TICK);
      else await publisher.step();
    }
  }

  /** A client that has just stopped reading, if it is time for a burst: they are dear. */
  #slowReader() {
    const bursts = BURSTS.least + Math.floor(this.ledger.accepted / BURSTS.each);
    if (this.#bursts >= bursts) return undefined;
    const now = performance.now();
    for (const [id, until] of this.#paused) {
      this.#paused.delete(id);
      if (until > now) {
        this.#bursts++;
        return id;
      }
    }
    return undefined;
  }

  /** Until all have everything, or nothing comes any more. */
  async #quiet() {
    const startedAt = performance.now();
    let [progress, seen] = [startedAt, -1];
    const waiting = () => this.ledger.clients.some(one => one.dispatched.length / 2 < one.accepted.size);
    while (!this.broken && waiting() && performance.now() - progress < NOTHING_COMES) {
      if (this.ledger.done !== seen) [progress, seen] = [performance.now(), this.ledger.done];
      await delay(TICK);
    }
    this.quietIn = performance.now() - startedAt;
    if (!this.broken) await delay(SETTLES);
    this.audited = !this.broken;
  }

  verdict() {
    const { crew, ledger, troubles, violations } = this;
    // After a violation the run was broken off, and much is missing for that reason only.
    if (this.audited) violations.push(...audit(ledger, crew.trails));
    const sum = name => (this.publishers ?? []).reduce((all, { counts }) => all + counts[name], 0);
    const publishing = Object.fromEntries(
      ['requests', 'broadcasts', 'bursts', 'repeated', 'twins'].map(name => [name, sum(name)]),
    );
    const facts = {
      accepted: ledger.accepted,
      refused: ledger.refused,
      unknown: ledger.unknown.size,
      due: ledger.due,
      dispatched: ledger.done,
      seconds: (this.publishedIn ?? 0) / 1_000,
      quietSeconds: (this.quietIn ?? 0) / 1_000,
      publishing,
      clients: Object.fromEntries([...crew.counts].sort()),
    };
    return { violations, troubles, facts };
  }
}
