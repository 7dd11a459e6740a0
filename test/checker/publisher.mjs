import { draft, idOf, PRIORITIES } from './message.mjs';
import { topics } from './cast.mjs';
import { post } from './wire/post.mjs';

/** Of those published last, as many may be published again. */
const REMEMBERED = 300;
const KIB = 1_024;
/** A burst is this much, in messages of this many characters: more than the kernel takes for one socket. */
const BURST = { messages: [150, 350], pad: [12 * KIB, 32 * KIB] };
/** Messages in one POST of a burst; the listener takes some MB. */
const BURST_POST = 40;

/** One connection that publishes, one request after the other. */
export class Publisher {
  counts = { requests: 0, repeated: 0, twins: 0, broadcasts: 0, bursts: 0 };
  #recent = [];

  /** @param run `{ ledger, cast, urls, violate(text), slowReader(), using }` */
  constructor(number, dice, run) {
    this.number = number;
    this.dice = dice;
    this.run = run;
  }

  /** Publishes something. */
  async step() {
    const { dice } = this;
    const paused = this.run.slowReader();
    if (paused !== undefined) return this.#burst(paused);
    const act = dice.weighted({ direct: 78, broadcast: 10, again: 8, twins: 4 });
    if (act === 'direct') return this.#direct(dice.pick(this.run.cast).id, this.#some());
    if (act === 'broadcast') return this.#broadcast();
    if (act === 'twins') return this.#twins();
    return this.#again();
  }

  #some() {
    const { dice } = this;
    const size = dice.weighted({ one: 55, few: 35, many: 9, lots: 1 });
    const count = { one: 1, few: dice.whole(2, 12), many: dice.whole(13, 60), lots: dice.whole(61, 300) }[size];
    return Array.from({ length: count }, () => this.#draft());
  }

  #draft(priority = this.dice.weighted({ high: 15, normal: 70, low: 15 }), pad = this.#pad()) {
    const number = this.run.ledger.open(this.number, priority);
    const event = this.dice.chance(0.05) ? 'data_update' : undefined;
    return { number, body: draft({ number, priority, pad, event }) };
  }

  #pad() {
    return this.dice.chance(0.01) ? this.dice.whole(2 * KIB, 8 * KIB) : this.dice.whole(0, 200);
  }

  async #direct(id, drafts) {
    const url = `${this.run.urls.publish}/clients/${encodeURIComponent(id)}/messages`;
    const audiences = drafts.map(() => [id]);
    await this.#publish(url, drafts, audiences);
    this.#remember(url, drafts);
  }

  async #burst(id) {
    this.counts.bursts++;
    const { dice } = this;
    const priority = dice.pick(PRIORITIES);
    let left = dice.whole(...BURST.messages);
    for (; left > 0; left -= BURST_POST) {
      const count = Math.min(left, BURST_POST);
      await this.#direct(
        id,
        Array.from({ length: count }, () => this.#draft(priority, dice.whole(...BURST.pad))),
      );
    }
  }

  async #broadcast() {
    this.counts.broadcasts++;
    const { dice } = this;
    const { cast, urls } = this.run;
    const some = (least, most) =>
      dice
        .shuffle(cast)
        .slice(0, dice.whole(least, most))
        .map(({ id }) => id);
    const drafts = Array.from({ length: dice.weighted({ 1: 8, 3: 1, 10: 1 }) * 1 }, () => this.#draft());
    const audiences = drafts.map(one => {
      const filter = dice.weighted({ topic: 60, include: 30, all: 3, exclude: 7 });
      const given = {
        topic: () => ({ topic: dice.pick(topics()) }),
        include: () => ({ include: some(1, 6) }),
        all: () => ({}),
        exclude: () => ({ topic: dice.pick(topics()), exclude: some(1, 10) }),
      }[filter]();
      Object.assign(one.body, given);
      return cast
        .filter(({ topics }) => given.topic === undefined || topics.includes(given.topic))
        .filter(({ id }) => given.include === undefined || given.include.includes(id))
        .filter(({ id }) => !given.exclude?.includes(id))
        .map(({ id }) => id);
    });
    await this.#publish(`${urls.publish}/broadcast`, drafts, audiences);
    this.#remember(`${urls.publish}/broadcast`, drafts);
  }

  /** The same message by two connections at once. */
  async #twins() {
    this.counts.twins++;
    const { id } = this.dice.pick(this.run.cast);
    const url = `${this.run.urls.publish}/clients/${encodeURIComponent(id)}/messages`;
    const one = this.#draft();
    const both = await Promise.all([this.#post(url, one.body), this.#post(url, one.body)]);
    const first = both.find(answer => answer !== undefined && answer.repeated !== true);
    if (first === undefined) return this.#lost(one, 'twins were both answered as repeated, or not at all');
    this.#enter(one, first, [id]);
    const second = both.find(answer => answer !== first);
    if (second !== undefined) this.#tell(one.number, this.run.ledger.again(one.number, second));
  }

  /** A message of a while ago, by a producer that does not know what became of it. */
  async #again() {
    if (this.#recent.length === 0) return;
    this.counts.repeated++;
    const { url, number, body } = this.dice.pick(this.#recent);
    const answer = await this.#post(url, body);
    if (answer !== undefined) this.#tell(number, this.run.ledger.again(number, answer));
  }

  #remember(url, drafts) {
    // A few of each request; those with much in them are dear to send again.
    for (const { number, body } of drafts.slice(-4)) {
      if (this.run.ledger.isKnown(number)) this.#recent.push({ url, number, body });
    }
    this.#recent.splice(0, this.#recent.length - REMEMBERED);
  }

  async #publish(url, drafts, audiences) {
    const alone = drafts.length === 1 && this.dice.chance(0.8);
    const answer = await this.#post(url, alone ? drafts[0].body : drafts.map(({ body }) => body));
    const answers = alone ? [answer] : answer;
    if (answer === undefined || !Array.isArray(answers) || answers.length !== drafts.length) {
      for (const one of drafts)
        this.#lost(one, answer === undefined ? undefined : 'the answer is no list as long as what was published');
      return;
    }
    drafts.forEach((one, index) => this.#enter(one, answers[index], audiences[index]));
  }

  #enter({ number }, answer, audience) {
    if (answer?.id !== idOf(number) || !Array.isArray(answer.results)) {
      return this.#lost({ number }, `publishing ${idOf(number)} was answered ${JSON.stringify(answer)?.slice(0, 300)}`);
    }
    this.#tell(number, this.run.ledger.answer(number, answer, audience));
  }

  #lost({ number }, why) {
    this.run.ledger.lost(number);
    if (why !== undefined) this.run.violate(why);
  }

  #tell(number, wrong) {
    if (wrong !== undefined) this.run.violate(`${idOf(number)} ${wrong}`);
  }

  /** @returns the body of an answer that says what became of it; undefined if there is none */
  async #post(url, value) {
    this.counts.requests++;
    try {
      const { status, body } = await post(url, value, { using: this.run.using });
      // 429 without results is a limit of the door, not of an outbox.
      if ([200, 202].includes(status) || (status === 429 && (body?.results || Array.isArray(body)))) return body;
      this.run.troubled(`publishing was answered with ${status}: ${JSON.stringify(body).slice(0, 200)}`);
    } catch (thrown) {
      this.run.troubled(`publishing failed: ${thrown.code ?? thrown.message}`);
    }
    return undefined;
  }
}
