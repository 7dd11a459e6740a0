/** One run of messages from a server to its crowd: broadcasts one at a time, back to back, or to each client its own. */
import { micros } from '../processes/monotonic.js';
import { ALL, payloadText } from '../crowd/payload.js';
import { post } from '../servers/post.js';

/** Milliseconds for what was published to arrive. */
const WITHIN = 60_000;

/** Ways to broadcast: `(side, n, count, size)` → `{ at }`, the moment of the first one. */
export const inside = (side, n, count, size) => side.host.ask('broadcast', { n, count, size });

export async function byPost({ urls }, n, count, size) {
  const at = micros();
  for (let i = 0; i < count; i++)
    await post(urls.sse, '/mcp/broadcast', `{"payload":${payloadText(n + i, ALL, size)}}`);
  return { at };
}

/** `count` times `each` broadcasts back to back; the next ones when everybody has these. */
export async function broadcasts(side, publish, { count, each, size }) {
  return measured(side, async () => {
    let tookMs = 0;
    for (let i = 1; i <= count; i++) {
      const completed = side.crowd.completed(i * each * side.connections, WITHIN);
      const [{ at }, { lastAt }] = await Promise.all([
        publish(side, side.numbers(each), each, size),
        completed.then(found => assertComplete(side, found)),
      ]);
      tookMs += (lastAt - at) / 1_000;
    }
    return { messages: count * each * side.connections, tookMs };
  });
}

/** To each client `rate` messages a second of its own, for so many seconds. */
export async function sequenced(side, { rate, seconds, size }) {
  return measured(side, async () => {
    const clients = side.connections;
    const startedAt = micros();
    const given = await side.host.ask('produce', { clients, rate, seconds, size });
    const messages = given.published - given.refused;
    const { lastAt } = assertComplete(side, await side.crowd.completed(messages, WITHIN));
    const publishedPerSecond = given.published / (given.tookMs / 1_000);
    return { messages, tookMs: (lastAt - startedAt) / 1_000, publishedPerSecond, refused: given.refused };
  });
}

/** What it took, from before the first to after the last message; CPU of both processes included. */
async function measured(side, run) {
  const { crowd } = side;
  await crowd.reset();
  await side.host.ask('watchLoop');
  const before = { server: await side.cpu(), crowd: await crowd.cpu(), at: performance.now() };
  const ran = await run();
  const elapsed = performance.now() - before.at;
  const serverMs = (await side.cpu()) - before.server;
  const crowdMs = (await crowd.cpu()) - before.crowd;
  const loop = await side.host.ask('loopDelay');
  const { p50, p99, longest } = await crowd.figures();
  return {
    ...ran,
    ...{ p50, p99, longest },
    ...{ loopP99: loop.p99, loopLongest: loop.longest },
    perSecond: ran.messages / (ran.tookMs / 1_000),
    secondsPerMillion: (serverMs / ran.messages) * 1_000,
    serverBusy: serverMs / elapsed,
    crowdBusy: crowdMs / elapsed,
  };
}

function assertComplete({ name }, completed) {
  if (!completed.complete) throw new Error(`${name}: only ${completed.count} messages arrived within ${WITHIN} ms`);
  return completed;
}
