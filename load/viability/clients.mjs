/** The clients that behave well, in a process of their own: what they get is what the report is about. */
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '../lib/processes/served.js';
import { Callers } from './callers.js';
import { DEADLINE } from './figures.js';
import { Listeners } from './listeners.js';

/** Milliseconds after the last one was due. */
const LAST_ANSWERS = DEADLINE + 200;

let callers;
let listeners;
const all = () => [callers, listeners].filter(Boolean);

serve({
  /** @param given `callers` and `listeners`, as their classes have them; either may be missing */
  async open(given) {
    if (given.callers) callers = new Callers(given.callers);
    if (given.listeners) listeners = new Listeners(given.listeners);
    for (const one of all()) await one.open();
  },
  start() {
    for (const one of all()) one.start();
  },
  async stop() {
    for (const one of all()) one.stop();
    await delay(LAST_ANSWERS);
    const result = {
      calls: callers?.latencies.items ?? [],
      messages: listeners?.latencies.items ?? [],
      sends: listeners?.sent.items ?? [],
      failures: [callers?.latencies, listeners?.latencies, listeners?.sent].flatMap(latencies => [
        ...(latencies?.failures ?? []),
      ]),
      switches: listeners?.switches ?? 0,
      gaps: listeners?.gaps ?? 0,
    };
    for (const one of all()) await one.close();
    return result;
  },
});
