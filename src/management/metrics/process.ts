import { readdir } from 'node:fs/promises';
import { Gauge, Registry } from 'prom-client';
import { adopt } from './family.js';

/**
 * Of prom-client's own, those that go through all handles of the process, some of them twice: with ten thousand connections each
 * scrape held everybody up for tens of milliseconds. `gateway_connections` says what there is to know.
 */
const COSTLY = ['handles', 'requests', 'resources'].flatMap(kind => [
  `nodejs_active_${kind}`,
  `nodejs_active_${kind}_total`,
]);

const OPEN_FILES = 'process_open_fds';
const FILES = '/proc/self/fd';
/** Milliseconds for which one count of them does: with ten thousand open it takes milliseconds. */
const DOES_FOR = 10_000;

/** Makes prom-client's metrics of the process such that a scrape of them stops nobody. */
export function lighten(registry: Registry): void {
  for (const name of COSTLY) registry.removeSingleMetric(name);
  // It is there where there is /proc. Prom-client's reads the folder while everybody waits.
  if (registry.getSingleMetric(OPEN_FILES) === undefined) return;
  let countedAt = -Infinity;
  const collect = async function (this: Gauge): Promise<void> {
    if (performance.now() - countedAt < DOES_FOR) return;
    countedAt = performance.now();
    // One of them is the folder.
    this.set((await readdir(FILES)).length - 1);
  };
  adopt(registry, new Gauge({ name: OPEN_FILES, help: 'Number of open file descriptors.', registers: [], collect }));
}
