import { setTimeout as delay } from 'node:timers/promises';
import { answers, callOf } from '../clients/messages.js';

/** Milliseconds that calls in flight at the end of a run may still take; what has no answer then is an error. */
const LAST_ANSWERS = 5_000;

let lastId = 0;

/**
 * Closed loop: every client keeps `inFlight` calls going for `seconds`, each next one when one was answered.
 * Latency is therefore that of a load the gateway can bear; queueing beyond it does not show (coordinated omission).
 * @param cpu reads the CPU time of the process to be watched, in ms
 */
export async function run(clients, { inFlight, seconds, cpu = () => undefined }) {
  const took = [];
  let errors = 0;
  let open = 0;
  const cpuBefore = cpu();
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  const deadline = startedAt + seconds * 1000;

  for (const client of clients) for (let slot = 0; slot < inFlight; slot++) keepGoing(client);
  await delay(seconds * 1000);
  while (open > 0 && performance.now() < deadline + LAST_ANSWERS) await delay(1);

  const wall = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(ownBefore);
  const cpuUsed = cpuBefore === undefined ? undefined : cpu() - cpuBefore;
  return figures(took, { wall, errors: errors + open, cpuUsed, ownCpu: (user + system) / 1000 });

  function keepGoing(client) {
    let id, text, sentAt;
    const next = () => {
      id = ++lastId;
      text = `call ${id} of a client that wants its own text back`;
      open++;
      sentAt = performance.now();
      client.ask(id, callOf(id, text), onAnswer);
    };
    const onAnswer = message => {
      const now = performance.now();
      open--;
      if (answers(message, id, text)) took.push(now - sentAt);
      else errors++;
      // A wire that is gone would fail every next call at once and never let the run end.
      if (message !== undefined && now < deadline) next();
    };
    next();
  }
}

function figures(took, { wall, errors, cpuUsed, ownCpu }) {
  const sorted = Float64Array.from(took).sort();
  const calls = sorted.length;
  return {
    calls,
    errors,
    callsPerSecond: calls / (wall / 1000),
    p50: sorted[Math.floor(calls * 0.5)] ?? NaN,
    p99: sorted[Math.floor(calls * 0.99)] ?? NaN,
    gatewayMicros: cpuUsed === undefined ? undefined : (cpuUsed * 1000) / calls,
    gatewayBusy: cpuUsed === undefined ? undefined : cpuUsed / wall,
    clientMicros: (ownCpu * 1000) / calls,
  };
}
