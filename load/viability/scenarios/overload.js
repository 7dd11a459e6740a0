import { setTimeout as delay } from 'node:timers/promises';

/** The unit serves AT_ONCE calls at a time of MS each: 200 a second. */
const MS = 40;
const AT_ONCE = 8;
const CAPACITY = (AT_ONCE * 1_000) / MS;

/** Each of the well-behaved sessions wants less than an equal share of the unit: 10 of 14 a second. */
const WELL_BEHAVED = { sessions: 8, rate: 0.4 * CAPACITY };
const GREEDY = { sessions: 6, rate: 3 * CAPACITY };

export const overload = {
  name: 'overload',
  title: 'six clients offer a unit three times what it can serve',
  phases: { calm: 8, disturbance: 60, recovery: 10 },
  async prepare(stage) {
    const [{ url }] = await stage.units(1, { ms: MS, atOnce: AT_ONCE });
    await stage.startGateway({ name: 'work', kind: 'mcp', url });
    stage.own.greedy = await stage.remote('greedy.mjs');
    await stage.own.greedy.ask('open', { door: 'websocket', url: stage.urls.websocket, ...GREEDY });
  },
  clients: ({ urls }) => ({ callers: { door: 'http', url: urls.http, ...WELL_BEHAVED } }),
  async disturb({ own, told }, ms) {
    await own.greedy.ask('start');
    await delay(ms);
    told.greedy = await own.greedy.ask('stop');
  },
};
