/**
 * A process full of clients. It is told `start`, `calm`, `stop`; it tells `joined`, `dispatched` (now and then, all together),
 * `violated`, `paused` and at last `counts`. It ends with who has started it.
 */
import { Client } from './client.mjs';
import { Dice } from '../../load/lib/dice.js';
import { agent } from './wire/post.mjs';

/** Milliseconds. */
const ACKS_EACH = 20;
const TELLS_EACH = 50;

let clients = [];
/** Of each client, what was dispatched since it was told last: sequence, number, sequence, number … */
let dispatched = new Map();

const tell = message => process.connected && process.send(message);

function tellDispatched() {
  if (dispatched.size === 0) return;
  const all = [...dispatched].map(([index, pairs]) => [index, Int32Array.from(pairs)]);
  dispatched = new Map();
  tell({ dispatched: all });
}

function client(what, { seed, urls, options }) {
  const { index } = what;
  return new Client(what, new Dice(String(seed)), urls, options, {
    dispatched: (sequence, number) => {
      const pairs = dispatched.get(index);
      if (pairs === undefined) dispatched.set(index, [sequence, number]);
      else pairs.push(sequence, number);
    },
    violated: violation => tell({ violated: violation }),
    paused: (id, ms) => tell({ paused: { id, ms } }),
  });
}

async function start(given) {
  const urls = { ...given.urls, agent: agent(64) };
  clients = given.cast.map(what => client(what, { ...given, urls }));
  await Promise.all(clients.map(one => one.join()));
  setInterval(() => clients.forEach(one => one.acknowledge()), ACKS_EACH);
  setInterval(tellDispatched, TELLS_EACH);
  tell({ joined: clients.length });
}

function counts() {
  const all = new Map();
  const add = (name, more) => all.set(name, (all.get(name) ?? 0) + more);
  for (const { counts, books } of clients) {
    for (const [name, count] of counts) add(name, count);
    add('repeats', books.repeats);
    add('gaps', books.gaps);
  }
  return all;
}

const orders = {
  start,
  go: () => clients.forEach(one => void one.live()),
  calm: () => clients.forEach(one => one.calm()),
  stop() {
    tellDispatched();
    tell({ counts: counts(), trails: new Map(clients.map(one => [one.what.id, one.books.trail])) });
    clients.forEach(one => one.stop());
    setTimeout(() => process.exit(0), 200);
  },
};

process.on('message', ({ order, ...given }) => void orders[order](given));
process.on('disconnect', () => process.exit(1));
