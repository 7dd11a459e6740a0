/**
 * Native clients on event streams, and publications to their topics. Needs a k6 with xk6-sse (load/README.md), where a stream takes a VU.
 *
 *   k6 run -e CLIENTS=1000 -e TOPICS=10 -e SECONDS=30 -e RATE=10 load/k6/sse-clients.js      RATE=0: they are only there
 */
import { sleep } from 'k6';
import sse from 'k6/x/sse';
import * as audience from './audience.js';

export { options, publish } from './audience.js';

const { HTTP_URL = 'http://127.0.0.1:4001/mcp' } = __ENV;

export function client() {
  const number = audience.numberOf(0);
  const leavesAt = Date.now() + audience.leavesAfter;
  sleep(audience.comesAfter(number) / 1000);
  const me = audience.listener();
  let isIn = false;
  // It can look at the clock when an event comes only; where nothing is published that is the heartbeat, each 30 s.
  sse.open(`${HTTP_URL}/sse?${audience.query(number)}`, { headers: audience.HEADERS }, stream => {
    stream.on('event', ({ name, data }) => {
      if (name === 'connected') me.joined((isIn = true));
      else me.text(data);
      if (Date.now() > leavesAt) stream.close();
    });
    stream.on('error', () => stream.close());
  });
  if (!isIn) me.joined(false);
  else if (Date.now() < leavesAt) me.lost();
}
