import { eventStream, native, phoenix } from './dialects.mjs';
import { post } from './post.mjs';
import { RawEvents } from './raw-events.mjs';
import { RawSocket } from './raw-socket.mjs';

/** Milliseconds to get from the first byte to `connected`. */
const JOINS_WITHIN = 8_000;
const PHOENIX_HEARTBEAT = 20_000;
/** docs/WIRE.md: as many frames as one POST may bring. */
const POSTED_AT_ONCE = 100;

let links = 0;

/**
 * One connection of a client, whatever the wire. `owner`: `received(link, frame)`, `ended(link, how)`.
 * `joined` resolves with `true`, or with what came instead: `{ error }` or `{ how }`.
 */
export class Link {
  number = ++links;
  joined = false;
  /** Nothing that comes is looked at any more: it is lost on the way, as far as the client knows. */
  deaf = false;
  /** Whether we have ended it ourselves. */
  dropped = false;
  #toPost = [];
  #posting = false;

  /** @param wire `websocket`, `phoenix1`, `phoenix2` or `event_stream` */
  constructor(wire, urls, said, owner) {
    this.wire = wire;
    this.urls = urls;
    this.said = said;
    this.owner = owner;
    this.opened = new Promise(resolve => (this.settle = resolve));
    this.late = setTimeout(() => this.#give({ how: { reason: 'no answer to the join' } }), JOINS_WITHIN);
    if (wire === 'event_stream') this.#openEvents();
    else this.#openSocket();
  }

  get alive() {
    return !this.raw.gone;
  }

  #openSocket() {
    const { said, urls, wire } = this;
    this.dialect = wire === 'websocket' ? native : phoenix(wire === 'phoenix1' ? 1 : 2);
    const vsn = { websocket: {}, phoenix1: { vsn: '1.0.0' }, phoenix2: { vsn: '2.0.0' } }[wire];
    const url = `${urls.websocket}${wire === 'websocket' ? '' : '/websocket'}`;
    const silent = said.via === 'url';
    this.raw = new RawSocket(url + query({ ...vsn, ...(silent ? said.params : {}) }), {
      // On the native wire who says nothing joins by the URL; a channel is joined by name in any case.
      open: () => {
        if (!silent || wire !== 'websocket') this.raw.send(this.dialect.hello(silent ? {} : said.params));
      },
      text: text => this.#read(text),
      end: how => this.#ended(how),
    });
    if (wire !== 'websocket') this.#keepAlive();
  }

  #keepAlive() {
    this.beat = setInterval(() => this.raw.send(this.dialect.heartbeat()), PHOENIX_HEARTBEAT);
  }

  #openEvents() {
    const { said, urls } = this;
    this.dialect = eventStream;
    const headers = said.lastEventId === undefined ? {} : { 'last-event-id': said.lastEventId };
    this.raw = new RawEvents(urls.sse + query(said.params), headers, {
      open: () => undefined,
      event: event => this.#read(event),
      end: how => this.#ended(how),
    });
  }

  #read(data) {
    if (this.deaf) return;
    const frame = this.dialect.read(data);
    // What the gateway says of a join comes before `connected`; every other error is for the owner.
    if (frame.kind === 'error' && !this.joined) return this.#give({ error: frame.error });
    if (frame.kind === 'connected') this.joined = true;
    this.owner.received(this, frame);
    if (frame.kind === 'connected') {
      this.endpoint = frame.connected.endpoint;
      this.#give(true);
    }
  }

  #give(outcome) {
    clearTimeout(this.late);
    this.settle(outcome);
  }

  #ended(how) {
    clearInterval(this.beat);
    const error = how.body?.startsWith?.('{') ? JSON.parse(how.body) : undefined;
    this.#give(error ? { error } : { how });
    this.owner.ended(this, how);
  }

  /** @param what list of `{ sequence, epoch? }` and `{ msg_id }` */
  ack(what) {
    if (!this.joined || this.dropped || what.length === 0) return;
    if (this.wire !== 'event_stream') return what.forEach(one => this.raw.send(this.dialect.ack(one)));
    this.#post(what.map(one => this.dialect.ack(one)));
  }

  /** Answered by a frame that is read as `pong`, after what was sent before it. */
  ping() {
    if (this.wire === 'event_stream') this.#post([this.dialect.ping()]);
    else this.raw.send(this.dialect.ping());
  }

  #post(frames) {
    this.#toPost.push(...frames);
    if (!this.#posting) void this.#postAll();
  }

  /** One POST after the other: acks must not overtake each other, or a right one looks wrong to the gateway. */
  async #postAll() {
    this.#posting = true;
    while (this.#toPost.length > 0 && this.alive && !this.dropped)
      await this.#postSome(this.#toPost.splice(0, POSTED_AT_ONCE));
    this.#posting = false;
  }

  async #postSome(frames) {
    try {
      const { status, body } = await post(new URL(this.endpoint, this.urls.sse), frames, { using: this.urls.agent });
      const answers = Array.isArray(body) ? body.filter(answer => answer !== null) : [];
      for (const answer of answers) if (!this.deaf) this.owner.received(this, this.dialect.readAnswer(answer));
      if (status !== 200) this.owner.unanswered(this, `status ${status}`);
    } catch (thrown) {
      this.owner.unanswered(this, thrown.code ?? thrown.message);
    }
  }

  /** @param how `reset` (RST) or `close`; `deaf`: what still comes is not looked at */
  drop(how, { deaf = true } = {}) {
    this.dropped = true;
    this.deaf ||= deaf;
    this.raw[how]();
  }

  pause() {
    this.raw.pause();
  }

  resume() {
    this.raw.resume();
  }
}

function query(params) {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}
