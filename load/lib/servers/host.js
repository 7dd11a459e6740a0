/** The commands that both servers take, the bare one and the gateway: publish, and say what you use. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Producer } from './producer.js';

/** Milliseconds between two garbage collections: what the first one lets go of, the second one takes. */
const GC_PAUSE = 250;
/** Milliseconds between two looks at how late the event loop is. */
const LOOK_EACH = 5;

/** @param server as Producer wants it */
export function hostCommands(server) {
  const producer = new Producer(server);
  const late = monitorEventLoopDelay({ resolution: LOOK_EACH });
  return {
    broadcast: given => producer.broadcast(given),
    produce: given => producer.produce(given),
    backlog: given => producer.backlog(given),
    published: () => producer.published,
    cpu: () => process.cpuUsage(),
    watchLoop() {
      late.reset();
      late.enable();
    },
    /** How late the event loop was since `watchLoop`, in ms; the histogram counts the time between two looks too. */
    loopDelay() {
      late.disable();
      const ms = nanoseconds => Math.max(0, nanoseconds / 1e6 - LOOK_EACH);
      return { p50: ms(late.percentile(50)), p99: ms(late.percentile(99)), longest: ms(late.max) };
    },
    /** Bytes, garbage collected; only under `--expose-gc`. */
    memory: async () => {
      for (let i = 0; i < 2; i++) {
        globalThis.gc();
        await delay(GC_PAUSE);
      }
      return process.memoryUsage();
    },
  };
}
