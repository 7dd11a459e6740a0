import { setTimeout as delay } from 'node:timers/promises';
import { callOf } from '../clients/messages.js';
import { quantile } from '../tables/stats.js';

/** Milliseconds after which a call without an answer counts as lost. */
export const LOST_AFTER = 10_000;
/** Milliseconds before the next call where one failed: what fails at once would keep the machine busy with it. */
const AFTER_ERROR = 100;

/**
 * Closed loop over sessions whose answers may be somebody else's: each session numbers its calls from 1, as MCP clients
 * do, so that an answer that went astray finds a call to mistake it for. Every call carries a text that no other call
 * of this run carries.
 * @param sessions `{ name, client, inFlight }` each; `name` must be unique and without blanks
 * @param replyOf makes the text that the unit answers of the text it was sent
 * @param cpu reads the CPU time of the process to be watched, in ms
 */
export async function runJudged(sessions, { seconds, replyOf, cpu = () => undefined }) {
  const took = [];
  const counts = { right: 0, crossed: 0, strays: 0, errors: 0, lost: 0 };
  const failures = new Set();
  let open = 0;
  let lastAsked = performance.now();
  const deadline = lastAsked + seconds * 1000;
  const cpuBefore = cpu();

  for (const session of sessions) {
    let lastId = session.lastId ?? 0;
    if (session.client.waiting) session.client.waiting.onStray = stray(session);
    for (let slot = 0; slot < session.inFlight; slot++) keepGoing(session, () => (session.lastId = ++lastId));
  }
  await delay(seconds * 1000);
  const inTime = { right: counts.right, answered: counts.right + counts.crossed };
  const cpuUsed = cpuBefore === undefined ? undefined : cpu() - cpuBefore;
  while (open > 0 && performance.now() < lastAsked + LOST_AFTER) await delay(5);
  counts.lost = open;

  return {
    ...counts,
    callsPerSecond: inTime.right / seconds,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    gatewayMicros: cpuUsed === undefined || inTime.answered === 0 ? undefined : (cpuUsed * 1000) / inTime.answered,
    failures: [...failures],
  };

  function keepGoing(session, nextId) {
    let id, text, sentAt;
    const next = () => {
      if (performance.now() >= deadline) return;
      id = nextId();
      text = `${session.name} ${id} and nobody else's`;
      open++;
      sentAt = lastAsked = performance.now();
      session.client.ask(id, callOf(id, text), onAnswer);
    };
    const onAnswer = message => {
      open--;
      const said = textOf(message);
      const verdict = said === replyOf(text) ? 'right' : said === undefined ? 'errors' : 'crossed';
      counts[verdict]++;
      if (verdict === 'right') took.push(performance.now() - sentAt);
      if (verdict !== 'errors') return next();
      failures.add(JSON.stringify(message?.error) ?? session.client.failure ?? 'the wire failed');
      setTimeout(next, AFTER_ERROR);
    };
    next();
  }

  /** An answer that nobody here waits for: its own call's, late, or one to somebody else's. */
  function stray(session) {
    const own = replyOf(session.name);
    return message => {
      const said = textOf(message);
      if (said !== undefined && !said.startsWith(`${own} `)) counts.strays++;
    };
  }
}

const textOf = message => message?.result?.content?.[0]?.text;
