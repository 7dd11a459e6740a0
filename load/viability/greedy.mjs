/** MCP clients that offer more calls than the unit can serve, and go on whatever they are answered. */
import { serve } from '../lib/processes/served.js';
import { Callers } from './callers.js';

let callers;
serve({
  async open(given) {
    callers = new Callers(given);
    await callers.open();
  },
  start: () => callers.start(),
  stop() {
    callers.stop();
    const { latencies, answered } = callers;
    const right = latencies.items.filter(([, took]) => took !== null).length;
    return { asked: latencies.items.length, answered, right, failures: [...latencies.failures] };
  },
});
