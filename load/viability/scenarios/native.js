/** Scenarios with native clients that are published to. */
import { setTimeout as delay } from 'node:timers/promises';
import { CuttingProxy } from '../../lib/servers/cutting-proxy.js';
import { clock } from '../../lib/processes/monotonic.js';

/** Milliseconds that the unit takes for a call. */
const MS = 10;
/** Messages a second that a native client may send by default, and how many times that the flooder sends. */
const LIMIT = 100;
const TIMES = 100;

const ROUTES = [{ type: '*', unit: 'work', tool: 'echo' }];

const prepare = async stage => {
  const [{ url }] = await stage.units(1, { ms: MS });
  await stage.startGateway({ name: 'work', kind: 'mcp', url }, { routes: ROUTES });
};

const callers = ({ urls }) => ({ door: 'http', url: urls.http, sessions: 10, rate: 50 });
const listeners = ({ urls }, given) => ({
  url: urls.websocket,
  sseUrl: urls.sse,
  publishUrl: urls.sse,
  publishes: 10,
  ...given,
});

export const flood = {
  name: 'flood',
  title: `a client sends ${(LIMIT * TIMES).toLocaleString('en-US')} messages/s, ${TIMES} times what it may`,
  held: true,
  phases: { calm: 8, disturbance: 20, recovery: 6 },
  prepare,
  clients: stage => ({ callers: callers(stage), listeners: listeners(stage, { count: 10, sends: 10 }) }),
  async arm(stage) {
    stage.own.flooder = await stage.remote('flooder.mjs');
    await stage.own.flooder.ask('open', { url: stage.urls.websocket });
  },
  async disturb({ own, told }, ms) {
    await own.flooder.ask('flood', { rate: LIMIT * TIMES });
    await delay(ms);
    told.flooder = await own.flooder.ask('stop');
  },
};

/** Milliseconds: each cycle, the WebSocket path works so long, then carries nothing for so long, then breaks. */
const WORKS = 1_000;
const STALLS = 1_500;

export const transports = {
  name: 'transports',
  title: 'the WebSocket path, which clients prefer, stalls and breaks every 2.5 s',
  held: true,
  phases: { calm: 8, disturbance: 120, recovery: 8 },
  async prepare(stage) {
    await prepare(stage);
    stage.own.proxy = await CuttingProxy.start(stage.urls.websocket);
    stage.onEnd(() => stage.own.proxy.stop());
  },
  clients: stage => ({ listeners: listeners(stage, { url: stage.own.proxy.url, count: 20, prefers: 'websocket' }) }),
  async disturb({ own: { proxy } }, ms) {
    const until = clock() + ms;
    while (clock() < until) {
      await delay(WORKS);
      proxy.hold();
      await delay(Math.min(STALLS, Math.max(0, until - clock())));
      proxy.cut();
    }
  },
};

/** Milliseconds without network, messages that each client misses in them, and ms that all may take to come back. */
const OUTAGE = { awayMs: 4_000, missed: 100, within: 30_000 };

export const storm = {
  name: 'storm',
  title: '2,000 clients lose the network for 4 s, and come back at once',
  phases: { calm: 8, disturbance: 15, recovery: 10 },
  prepare,
  clients: stage => ({
    callers: { ...callers(stage), rate: 100 },
    listeners: listeners(stage, { count: 10 }),
  }),
  async arm(stage) {
    stage.own.throng = await stage.remote('throng.mjs');
    await stage.own.throng.ask('open', { url: stage.urls.websocket, count: stage.size.throng, seed: stage.size.seed });
    stage.onEnd(() => stage.own.throng.ask('close'));
  },
  disturb({ own, urls }) {
    own.storm = own.throng.ask('storm', { ...OUTAGE, publishUrl: urls.sse });
    // It is waited for later.
    own.storm.catch(() => undefined);
  },
  async settle({ own, told }) {
    told.throng = await own.storm;
  },
  /** Not recovered before everybody is back and has got what it missed. */
  recovered: (recovery, { throng }) => Math.max(recovery - OUTAGE.awayMs, throng.allBack ?? Infinity),
};
