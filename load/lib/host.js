/** The commands that both servers take, the bare one and the gateway: publish, and say what you use. */
import { setTimeout as delay } from 'node:timers/promises';
import { Producer } from './producer.js';

/** Milliseconds between two garbage collections: what the first one lets go of, the second one takes. */
const GC_PAUSE = 250;

/** @param server as Producer wants it */
export function hostCommands(server) {
  const producer = new Producer(server);
  return {
    broadcast: given => producer.broadcast(given),
    produce: given => producer.produce(given),
    backlog: given => producer.backlog(given),
    published: () => producer.published,
    cpu: () => process.cpuUsage(),
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
