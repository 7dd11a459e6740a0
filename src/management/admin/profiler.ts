import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { getHeapSnapshot, getHeapStatistics } from 'node:v8';
import { GatewayError } from '../../kernel/errors.js';

/** Bytes of heap in use above which no snapshot is taken: it stops the process while it is taken, and needs as much again. */
const MOST_HEAP = 1024 * 1024 * 1024;

/** Looks into the process, one look at a time. */
export class Profiler {
  private busy: string | undefined;

  /**
   * What the CPU does for a while, as a `.cpuprofile`.
   * @param signal gives up
   * @throws GatewayError `conflict`
   */
  cpu(ms: number, signal: AbortSignal): Promise<object> {
    this.begin('a CPU profile');
    return this.profile(ms, signal);
  }

  private async profile(ms: number, signal: AbortSignal): Promise<object> {
    const session = new Session();
    session.connect();
    try {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await delay(ms, undefined, { signal }).catch(() => undefined);
      const { profile } = await session.post('Profiler.stop');
      return profile;
    } finally {
      session.disconnect();
      this.busy = undefined;
    }
  }

  /**
   * All that is on the heap, as a `.heapsnapshot`. It holds what messages say, and secrets.
   * @throws GatewayError `conflict`
   */
  heap(): Readable {
    const { used_heap_size: used } = getHeapStatistics();
    if (used > MOST_HEAP)
      throw new GatewayError('conflict', `${used} bytes of heap are in use: a snapshot needs as many.`);
    this.begin('a heap snapshot');
    try {
      const snapshot = getHeapSnapshot();
      return snapshot.once('close', () => (this.busy = undefined));
    } catch (thrown) {
      this.busy = undefined;
      throw thrown;
    }
  }

  private begin(what: string): void {
    if (this.busy !== undefined) throw new GatewayError('conflict', `${this.busy} is being taken.`, 10_000);
    this.busy = what;
  }
}
