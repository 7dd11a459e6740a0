/** A process that holds thousands of clients of one server. Told what to do by `Crowd`. */
import { setTimeout as delay } from 'node:timers/promises';
import { Arrivals } from './arrivals.js';
import { Member } from './member.js';
import { serve } from '../processes/served.js';
import { SocketIoMember } from './socketio-member.js';
import { StreamMember } from './stream-member.js';

const KINDS = { websocket: Member, stream: StreamMember, socketio: SocketIoMember };

/** Milliseconds. */
const LOOK_EACH = 20;

const arrivals = new Arrivals();
const members = [];
const toAcknowledge = new Set();

/** @param after milliseconds; 0: at once, after each read; undefined: never */
function acknowledging(after) {
  if (after === undefined) return undefined;
  if (after === 0) return member => member.acknowledge();
  setInterval(() => {
    for (const member of toAcknowledge) if (!member.paused) member.acknowledge();
    toAcknowledge.clear();
  }, after);
  return member => toAcknowledge.add(member);
}

/** So many clients, named c0, c1 … unless they begin with another number, some of them joining at a time. */
async function open({ kind = 'websocket', url, first = 0, count, atOnce, acks }) {
  const ack = acknowledging(acks);
  const startedAt = performance.now();
  let next = first;
  const joinOnes = async () => {
    while (next < first + count) {
      const member = new KINDS[kind](next++, arrivals, ack);
      members.push(member);
      await member.join(url);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, joinOnes));
  return { tookMs: performance.now() - startedAt };
}

function figures() {
  const { durations, count } = arrivals;
  const [p50, p99] = [0.5, 0.99].map(share => durations.quantile(share));
  return { count, p50, p99, longest: durations.longest };
}

/** Whether those have received so many messages together since they joined, now or within that time. */
async function caughtUp({ from, to, total, within }) {
  const end = performance.now() + within;
  const count = () => members.slice(from, to).reduce((sum, { received }) => sum + received, 0);
  while (count() < total && performance.now() < end) await delay(LOOK_EACH);
  return count() >= total;
}

serve({
  open,
  caughtUp,
  figures,
  reset: ({ members: counted = Infinity }) => arrivals.reset(counted),
  completed: ({ total, within }) => arrivals.completed(total, within),
  cpu: () => process.cpuUsage(),
  received: () => members.map(({ received }) => received),
  joined: () => members.filter(({ joined }) => joined).length,
  wrong: () => [...arrivals.wrong],
  pause: ({ from, to }) => members.slice(from, to).forEach(member => member.pause()),
  resume: ({ from, to }) => members.slice(from, to).forEach(member => member.resume()),
});
