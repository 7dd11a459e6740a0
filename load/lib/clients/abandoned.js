/** Clients that come, make one call, and are never heard of again. */
import { HttpClient } from './clients.js';
import { callOf } from './messages.js';

/** Milliseconds for the answer to the call; what takes longer is not served. */
const CALL_WITHIN = 30_000;
/** Milliseconds by which it keeps a socket longer than the server says it will: who vanishes does not close it first. */
const SOCKETS = { keepAliveTimeout: 600_000, keepAliveTimeoutThreshold: -600_000, keepAliveMaxTimeout: 900_000 };

let lastCall = 0;

/**
 * One client from its first byte to its answer.
 * @param way `close`: all its sockets close after the call. `stop`: it opens the stream for what the server says
 *   unasked, as clients do, and from then on does nothing; its sockets stay open.
 * @param replyOf makes the text that the unit answers of the text it was sent
 * @returns `{ took }` in ms or `{ failure }`
 */
export async function comeAndVanish(url, way, replyOf) {
  const startedAt = performance.now();
  let client;
  try {
    client = await HttpClient.open(url, 1, SOCKETS);
    const text = `call ${++lastCall} of a client that vanishes`;
    const message = await answer(client, text);
    if (message?.result?.content?.[0]?.text !== replyOf(text)) throw new Error(reason(message, client));
    const took = performance.now() - startedAt;
    if (way === 'stop') await client.listen();
    else await client.vanish();
    return { took };
  } catch (thrown) {
    await client?.vanish();
    return { failure: thrown.message };
  }
}

function answer(client, text) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer within ${CALL_WITHIN} ms`)), CALL_WITHIN);
    client.ask(lastCall, callOf(lastCall, text), message => {
      clearTimeout(late);
      resolve(message);
    });
  });
}

function reason(message, { failure }) {
  return `the call was not answered with its own text: ${JSON.stringify(message) ?? failure}`;
}
