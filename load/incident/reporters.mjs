/** People who want reports: each opens a session, asks for one after the other, and comes back when refused. */
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient } from '../lib/clients/clients.js';
import { callOf } from '../lib/clients/messages.js';
import { serve } from '../lib/processes/served.js';

/** Milliseconds until somebody tries again, and between two reports. */
const [AGAIN, PAUSE] = [1_000, 500];

async function report(url) {
  while (true) {
    try {
      const client = await HttpClient.open(url);
      for (let id = 1; client.failure === undefined; id++) {
        await new Promise(resolve => client.ask(id, callOf(id, 'a report'), resolve));
        await delay(PAUSE);
      }
      await client.vanish();
    } catch {
      // Refused, or not let in: it is tried again.
    }
    await delay(AGAIN);
  }
}

serve({
  open({ url, count }) {
    for (let i = 0; i < count; i++) void report(url);
  },
});
