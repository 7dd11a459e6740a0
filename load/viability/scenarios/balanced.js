/** Scenarios with one unit of three instances, and MCP clients that call it. */
import { setTimeout as delay } from 'node:timers/promises';
import { clock } from '../../lib/processes/monotonic.js';

/** How long each call takes a unit that is well, and one that is not; ms. */
const WELL = 40;
const ILL = 5_000;
/** How long the instance that flaps is there, and how long it is gone. */
const FLAP = 1_000;

const SESSIONS = 30;
const CALLS = 200;

/**
 * Three equal instances, each of which could bear far more than half of all calls. In turn, so that each has a third of
 * the sessions: on the ring their shares differ from run to run, by the ports.
 */
async function prepare(stage, manner = { ms: WELL }, settings = {}) {
  const units = await stage.units(3, manner);
  stage.own.third = units[2].remote;
  const urls = units.map(({ url }) => url);
  await stage.startGateway({ name: 'work', kind: 'mcp', urls, stateless: true, balance: 'round_robin' }, settings);
}

const clients = ({ urls }) => ({ callers: { door: 'http', url: urls.http, sessions: SESSIONS, rate: CALLS } });

const common = { prepare: stage => prepare(stage), clients, held: true };

export const calm = {
  ...common,
  name: 'calm',
  title: 'no disturbance',
  held: false,
  phases: { calm: 8, disturbance: 16, recovery: 2 },
  clients: stage => ({
    ...clients(stage),
    listeners: {
      count: 10,
      url: stage.urls.websocket,
      sseUrl: stage.urls.sse,
      publishUrl: stage.urls.sse,
      publishes: 10,
      sends: 2,
    },
  }),
  disturb: () => undefined,
};

export const slow = {
  ...common,
  name: 'slow',
  title: 'one of three instances takes 5 s for each call',
  phases: { calm: 8, disturbance: 30, recovery: 10 },
  async disturb({ own }, ms) {
    await own.third.ask('set', { ms: ILL });
    await delay(ms);
    await own.third.ask('set', { ms: WELL });
  },
};

/** Calls that may not be repeated: what was on its way to an instance that is gone has failed. */
const UNREPEATABLE = { ms: 200, readOnly: false };
/** Of gateways that are to bring an instance back as soon as it is there again. */
const EAGER = { health: { interval: 250, timeout: 1_000, fall: 2, rise: 1 }, circuit_breaker: { timeout: 1_000 } };
/** Sessions a second that end, and as many that begin. */
const RENEWALS = 20;

export const flap = {
  ...common,
  name: 'flap',
  title: 'one of three instances is gone each other second',
  phases: { calm: 8, disturbance: 60, recovery: 8 },
  prepare: stage => prepare(stage, UNREPEATABLE, EAGER),
  clients({ urls }) {
    return { callers: { door: 'http', url: urls.http, sessions: SESSIONS, rate: CALLS, renewals: RENEWALS } };
  },
  async disturb({ own }, ms) {
    const until = clock() + ms;
    while (clock() < until) {
      await own.third.ask('down');
      await delay(FLAP);
      await own.third.ask('up');
      await delay(Math.min(FLAP, Math.max(0, until - clock())));
    }
  },
};
