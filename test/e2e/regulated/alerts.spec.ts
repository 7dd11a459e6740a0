import { readFileSync } from 'node:fs';
import { ADMIN_TOKEN } from '../../support/admin.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import * as outages from '../../support/outages.js';
import { Doors, Outage } from '../../support/outages.js';
import { Prometheus, prometheusMissing } from '../../support/prometheus.js';
import { quickened } from '../../support/quick-rules.js';
import { RawSession } from '../../support/raw-http.js';
import { Repeated } from '../../support/repeated.js';
import { describeWith } from '../../support/requirement.js';
import { until } from '../../support/until.js';

const RULES = readFileSync('monitoring/alerts.yaml', 'utf8');
/** A minute becomes four seconds, five of them twenty. */
const FACTOR = 15;
const INTERVAL = '500ms';
/** Milliseconds that an alert may take to fire or to resolve, on a machine that is slow. */
const PATIENCE = 120_000;

jest.setTimeout(2 * PATIENCE + 60_000);

/** A gateway, what will go wrong there, and its name for Prometheus. */
interface Scene {
  outage: Outage;
  gateway: GatewayProcess;
  doors: Doors;
  instance: string;
}

async function sceneOf(outage: Outage): Promise<Scene> {
  const management = { admin_token: ADMIN_TOKEN };
  const regulation = { interval: 100, report_interval: 1_000, audit_interval: 0 };
  const config = { management, regulation, log_level: 'info', ...(await outage.config()) };
  const gateway = await GatewayProcess.spawn(config, outage.env);
  const { mcp, sse, websocket, management: managementUrl } = await gateway.ready();
  const doors = { mcpUrl: mcp, sseUrl: sse, wsUrl: websocket, managementUrl };
  return { outage, gateway, doors, instance: new URL(managementUrl).host };
}

/** Nothing goes wrong: somebody calls, all the time. */
class Calm implements Outage {
  readonly alerts = [];
  caller: Repeated | undefined;

  config(): object {
    return { units: [{ name: 'echo', kind: 'echo' }] };
  }

  async begin({ mcpUrl }: Doors): Promise<void> {
    const session = new RawSession(mcpUrl);
    await session.initialize();
    const echo = (): Promise<Response> => session.request('tools/call', { name: 'echo', arguments: { message: 'x' } });
    this.caller = new Repeated(async () => (await echo()).text());
  }

  async end(): Promise<void> {
    await this.caller?.stop();
  }
}

const calm = new Calm();
const ALL: readonly Outage[] = [
  new outages.PoolHeld(),
  new outages.CallsFail(),
  new outages.UnitDead(),
  new outages.TransportsSwitched(),
  new outages.CallsSlow(),
  new outages.HeapFilled(),
  new outages.ModeHeld(),
];
const EXPECTED = ALL.flatMap(outage =>
  outage.alerts.map(([alert, labels]) => [alert, outage.constructor.name, labels, outage] as const),
);

describeWith(prometheusMissing, 'each alert, with Prometheus and an outage that it is for', () => {
  const scenes = new Map<Outage, Scene>();
  let prometheus: Prometheus;

  /** How often an alert was found firing at a gateway since the start, one that it has ended included. */
  const fired = (alert: string, outage: Outage, labels: Record<string, string> = {}): Promise<number> =>
    count(`count_over_time(${selector(alert, outage, labels)}[1h])`);
  const fires = (alert: string, outage: Outage, labels: Record<string, string> = {}): Promise<number> =>
    count(selector(alert, outage, labels));

  async function count(query: string): Promise<number> {
    const found = await prometheus.query(query);
    return found.reduce((sum, { value }) => sum + Number(value[1]), 0);
  }

  function selector(alert: string, outage: Outage, labels: Record<string, string>): string {
    const all = { alertstate: 'firing', instance: scenes.get(outage)!.instance, ...labels };
    const matchers = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
    return `ALERTS{alertname=~"${alert}",${matchers.join(',')}}`;
  }

  beforeAll(async () => {
    for (const outage of [calm, ...ALL]) scenes.set(outage, await sceneOf(outage));
    const targets = [...scenes.values()].map(({ doors }) => doors.managementUrl);
    prometheus = await Prometheus.start(targets, { rules: quickened(RULES, FACTOR), interval: INTERVAL });
    const looked = async (): Promise<boolean> =>
      (await count('up')) === targets.length && (await prometheus.rules()).every(({ health }) => health !== 'unknown');
    await until(looked, 'a first look at everything', PATIENCE);
    expect(await prometheus.query('ALERTS')).toEqual([]);
    // All at the same time: most of it is waiting.
    await Promise.all([...scenes].map(([outage, { doors }]) => outage.begin(doors)));
  });
  afterAll(async () => {
    await calm.end();
    for (const outage of scenes.keys()) await outage.stop?.();
    await prometheus?.stop();
    await Promise.all([...scenes.values()].map(({ gateway }) => gateway.stop()));
  });

  it('has an outage for each of them', () => {
    const names = [...RULES.matchAll(/alert: (\S+)/g)].map(([, name]) => name!);
    expect(new Set(EXPECTED.map(([alert]) => alert))).toEqual(new Set(names));
  });

  it.each(EXPECTED)('%s fires during %s %j', async (alert, _, labels, outage) => {
    await until(async () => (await fired(alert, outage, labels)) > 0, 'firing', PATIENCE);
  });

  it('says that calls fail for as long as a unit is dead', async () => {
    const dead = ALL.find(outage => outage instanceof outages.UnitDead)!;
    const before = await fired('ViableErrorsHigh', dead);
    // Four times the window in which calls that broke off count.
    const looks = (4 * 60 * 1_000) / FACTOR / parseInt(INTERVAL);
    await until(async () => (await fired('ViableErrorsHigh', dead)) > before + looks, 'its going on', PATIENCE);
    expect(await fires('ViableErrorsHigh', dead)).toBe(1);
  });

  it('resolves each when its outage has ended', async () => {
    const over = ALL.map(outage => outage.end(scenes.get(outage)!.doors));
    await Promise.all(over);
    const ended = EXPECTED.map(async ([alert, name, labels, outage]) => {
      await until(async () => (await fires(alert, outage, labels)) === 0, `the end of ${alert} (${name})`, PATIENCE);
    });
    await Promise.all(ended);
  });

  it('leaves a gateway alone where nothing is wrong', async () => {
    expect(calm.caller!.done).toBeGreaterThan(100);
    expect(await fired('.*', calm)).toBe(0);
  });

  it('has no alert that cannot be told', async () => {
    const failing = (await prometheus.rules()).filter(({ health }) => health !== 'ok');
    expect(failing).toEqual([]);
  });
});
