/**
 * Thousands of native clients that lose the network at once, miss some messages, and come back when it is there again, as
 * well-written clients do.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { post } from '../lib/servers/post.js';
import { RawWebSocket } from '../lib/crowd/raw-websocket.js';
import { serve } from '../lib/processes/served.js';
import { addressOf } from './addresses.js';
import { Dice } from '../lib/dice.js';
import { clock } from '../lib/processes/monotonic.js';

/** Milliseconds: full jitter up to `base` doubled with each attempt, at most `most`; how long a join may take. */
const BACK_OFF = { base: 100, most: 5_000 };
const JOINS_WITHIN = 10_000;
/** Handshakes at a time when they come for the first time. */
const AT_ONCE = 50;
/** Of addresses. */
const BLOCK = 2;
const TOPIC = 'throng';
const TEXT = 'x'.repeat(200);

class Returner {
  attempts = 0;
  #token;
  #retryAfter = 0;
  #timer;

  constructor(index, url, onJoined) {
    Object.assign(this, { index, url, onJoined });
  }

  onMessage() {}

  connect() {
    this.attempts++;
    this.#retryAfter = 0;
    this.wire = new RawWebSocket(this.url, this, addressOf(BLOCK, this.index));
    this.#timer = setTimeout(() => this.wire.reset(), JOINS_WITHIN);
  }

  drop() {
    this.attempts = 0;
    this.away = true;
    this.wire.reset();
  }

  comeBack() {
    this.away = false;
    this.connect();
  }

  onOpen() {
    const who = this.#token ? { resume_token: this.#token } : { client_id: `throng-${this.index}` };
    this.wire.send(JSON.stringify({ type: 'hello', data: { ...who, topics: [TOPIC] } }));
  }

  onText(data, start, end) {
    const { type, payload, reason, error, retry_after: retryAfter } = JSON.parse(data.toString('utf8', start, end));
    if (type === 'connection_status' && payload.status === 'connected') {
      clearTimeout(this.#timer);
      this.#token = payload.resume_token;
      this.onJoined(this);
    } else if (type === 'error') {
      this.#retryAfter = retryAfter ?? 0;
      if (`${error} ${reason}`.includes('resume_token')) this.#token = undefined;
      refusals.set(error, (refusals.get(error) ?? 0) + 1);
    } else if (type === 'missed') {
      this.onMessage(payload.n);
    } else if (type === 'shutdown') {
      this.#retryAfter = payload.retry ?? 0;
    }
  }

  onRead() {}

  onClose(_code, why) {
    clearTimeout(this.#timer);
    if (leaving || this.away) return;
    // A handshake that is refused says why in its body.
    const said = Number(/"retry_after":(\d+)/.exec(why)?.[1] ?? 0);
    const ceiling = Math.min(BACK_OFF.most, BACK_OFF.base * 2 ** Math.min(this.attempts, 20));
    const wait = Math.max(this.#retryAfter, said) + dice.next() * ceiling;
    if (this.#retryAfter === 0) refusals.set(why.slice(0, 60), (refusals.get(why.slice(0, 60)) ?? 0) + 1);
    setTimeout(() => this.connect(), wait);
  }
}

const members = [];
const refusals = new Map();
let leaving = false;
let dice;

async function open({ url, count, seed }) {
  dice = new Dice(seed);
  const comeOnes = async () => {
    while (members.length < count) {
      await new Promise(resolve => {
        const member = new Returner(members.length, url, resolve);
        members.push(member);
        member.connect();
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, comeOnes));
}

/** Published one after the other while nobody is there. */
async function publish(url, count, forMs) {
  for (let n = 0; n < count; n++) {
    const body = JSON.stringify({ type: 'missed', topic: TOPIC, payload: { n, text: TEXT } });
    await Promise.all([post(url, '/mcp/broadcast?results=false', body), delay(forMs / count)]);
  }
}

/**
 * The network is gone `awayMs`, in which each misses `missed` messages. Resolves when all are back and have got them, or
 * after `within` ms from then: how many are, after how many ms the last one, attempts of each.
 */
async function storm({ within, awayMs, missed, publishUrl }) {
  const back = new Set();
  refusals.clear();
  for (const member of members) member.drop();
  await publish(publishUrl, missed, awayMs);
  const startedAt = clock();
  let last = 0;
  await new Promise(resolve => {
    const late = setTimeout(resolve, within);
    for (const member of members) {
      member.onJoined = () => undefined;
      member.onMessage = n => {
        if (n < missed - 1) return;
        back.add(member);
        last = clock() - startedAt;
        if (back.size < members.length) return;
        clearTimeout(late);
        resolve();
      };
      member.comeBack();
    }
  });
  const attempts = members.reduce((sum, member) => sum + member.attempts, 0);
  const allBack = back.size === members.length ? last : null;
  return { back: back.size, of: members.length, allBack, attempts, refusals: [...refusals] };
}

serve({
  open,
  storm,
  close() {
    leaving = true;
    for (const member of members) member.wire.reset();
  },
});
