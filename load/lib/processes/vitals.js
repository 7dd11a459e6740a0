/** What a gateway process holds at a moment, from its metrics and from /proc. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { metrics } from './metrics.js';
import { children, fds, rss } from './proc.js';

const GC_ON_SIGNAL = fileURLToPath(new URL('gc-on-signal.mjs', import.meta.url));
/** Milliseconds between two garbage collections: what the first one lets go of, the second one takes. */
const GC_PAUSE = 250;

/** Node arguments of a gateway whose garbage `collect` can have collected. */
export const COLLECTABLE = ['--expose-gc', '--import', GC_ON_SIGNAL];

export async function collect({ child }) {
  for (let i = 0; i < 2; i++) {
    child.process.kill('SIGUSR2');
    await delay(GC_PAUSE);
  }
}

/**
 * Memory in bytes; `lag` is the p99 of how late a timer of 10 ms was since the look before, in ms. The connection of the
 * look itself is counted nowhere.
 */
export async function look({ child, urls }) {
  const { pid } = child.process;
  const seen = { children: children(pid).length, fds: fds(pid), rss: rss(pid) };
  const value = await metrics(urls.management);
  return {
    sessions: value('gateway_sessions'),
    connections: value('gateway_connections'),
    leases: value('gateway_pool_leases'),
    ...seen,
    heap: value('nodejs_heap_size_used_bytes'),
    external: value('nodejs_external_memory_bytes'),
    // It counts the 10 ms too.
    lag: Math.max(0, value('nodejs_eventloop_lag_p99_seconds') * 1000 - 10),
    errors: value('gateway_errors_total'),
  };
}
