import { EventMap, Topic } from '../../../src/telemetry/event-map.js';
import { UsagePattern } from '../../../src/telemetry/intelligence.js';
import { metricOf, NativeClient } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { httpUnit, remoteUnit } from '../../support/rogue.js';
import { until } from '../../support/until.js';

const echo = { name: 'echo', kind: 'echo' };
const broken = { name: 'broken', kind: 'mcp', command: 'no-such-command' };

describe('S4 at work', () => {
  let gateway: RunningGateway;
  const hung: NativeClient[] = [];

  afterEach(async () => {
    for (const client of hung.splice(0)) client.cut();
    await gateway.stop();
  });

  async function start(config: object = {}): Promise<void> {
    const regulation = { interval: 100, report_interval: 500 };
    gateway = await startGateway({ units: [echo, broken], regulation, ...config });
  }

  function heard<T extends Topic>(topic: T): EventMap[T][] {
    const facts: EventMap[T][] = [];
    gateway.bus.on(topic, payload => facts.push(payload));
    return facts;
  }

  async function native(client_id: string, hello: object = {}): Promise<NativeClient> {
    const client = await NativeClient.join(gateway.wsUrl, { client_id, ...hello });
    hung.push(client);
    return client;
  }

  async function session(unit: string): Promise<RawSession> {
    const opened = new RawSession(`${gateway.mcpUrl}?unit=${unit}`);
    await opened.initialize();
    return opened;
  }

  const call = (from: RawSession): Promise<Response> =>
    from.request('tools/call', { name: 'echo', arguments: { message: 'x' } });

  /** The evidence of a pattern, once it is present, while something is done again and again. */
  async function shown(facts: UsagePattern[], name: string, doing: () => Promise<unknown>): Promise<UsagePattern> {
    const find = (): UsagePattern | undefined => facts.find(({ pattern, present }) => pattern === name && present);
    await until(async () => (find() ?? (await doing())) === find() && find() !== undefined, name);
    return find()!;
  }

  it('reports connections, messages, latency and errors as they were', async () => {
    await start();
    const reports = heard('gateway_metrics');
    await until(() => reports.length > 0, 'the first report');
    const messages = (): Promise<number> => metricOf(gateway.managementUrl, 'gateway_messages_total');
    const [firstAt, before] = [Date.parse(reports[0]!.timestamp), await messages()];
    const clients = [await native('a'), await native('b')];
    for (const client of clients) await client.say({ type: 'heartbeat' });
    const caller = await session('echo');
    for (let i = 0; i < 20; i++) await call(caller);
    for (let i = 0; i < 5; i++) await new RawSession(`${gateway.mcpUrl}?unit=broken`).request('initialize', {});
    const sent = (await messages()) - before;
    const told = reports.length;
    await until(() => reports.length > told + 1, 'a report of all that');

    const rates = reports.slice(1).map(({ data, timestamp }, i) => {
      const since = i === 0 ? firstAt : Date.parse(reports[i]!.timestamp);
      return (data.message_rate * (Date.parse(timestamp) - since)) / 1000;
    });
    const counted = rates.reduce((sum, rate) => sum + rate, 0);
    expect(sent).toBeGreaterThan(40);
    expect(Math.abs(counted - sent)).toBeLessThan(0.1 * sent);
    const { data } = reports.at(-1)!;
    expect(data.transport_distribution.websocket).toBe(2);
    expect(data.active_connections).toBe(Object.values(data.transport_distribution).reduce((a, b) => a + b, 0));
    expect(data.pool_utilization).toBe(0);
    expect(Math.max(...reports.map(each => each.data.latency_p99))).toBeGreaterThan(0);
    const failing = Math.max(...reports.map(each => each.data.error_rate));
    expect(failing).toBeGreaterThan(0.1);
    expect(failing).toBeLessThanOrEqual(1);
  });

  it('names a client that floods, and says when it does so no more', async () => {
    await start({ limits: { messages_per_client: 20, messages_refill: 20 } });
    const patterns = heard('usage_pattern');
    const flooder = await native('flooder');
    const other = await native('other');
    const flood = await shown(patterns, 'message_flood', async () => {
      for (let i = 0; i < 100; i++) flooder.send({ type: 'chat' });
      await other.say({ type: 'heartbeat' });
    });
    expect(flood.client).toMatch(/flooder/);
    expect(flood.evidence).toMatchObject({ allowed: 20, messages_per_second: expect.any(Number) });
    expect(flood.evidence.messages_per_second).toBeGreaterThan(20);
    expect(await metricOf(gateway.managementUrl, 'gateway_usage_patterns{pattern="message_flood"}')).toBe(1);
    const over = (): boolean => patterns.some(({ pattern, present }) => pattern === 'message_flood' && !present);
    await until(over, 'the end of the flood');
    expect(patterns.filter(({ pattern }) => pattern === 'message_flood')).toHaveLength(2);
    expect(await metricOf(gateway.managementUrl, 'gateway_usage_patterns{pattern="message_flood"}')).toBe(0);
  });

  it('names a client that comes and goes', async () => {
    await start();
    const patterns = heard('usage_pattern');
    await native('steady');
    const restless = await shown(patterns, 'rapid_reconnect', async () => {
      const client = await NativeClient.join(gateway.wsUrl, { client_id: 'restless' });
      client.leave();
      await client.ended();
    });
    expect(restless.client).toMatch(/restless/);
    expect(restless.evidence.reconnects_per_minute).toBeGreaterThan(10);
  });

  it('names a client that calls one tool again and again', async () => {
    await start();
    const patterns = heard('usage_pattern');
    const [caller, modest] = [await session('echo'), await session('echo')];
    const hammering = await shown(patterns, 'tool_hammering', async () => {
      await Promise.all(Array.from({ length: 20 }, () => call(caller)));
    });
    await call(modest);
    expect(hammering.evidence).toMatchObject({ tool: 'echo', share: 1 });
    expect(hammering.evidence.calls_per_second).toBeGreaterThan(50);
    expect(patterns.map(({ client }) => client)).toEqual([hammering.client]);
  });

  it('learns how many calls of a unit fail, and tells when it is far more, and when no more', async () => {
    const remote = await remoteUnit();
    try {
      await start({
        units: [httpUnit('work', remote)],
        regulation: { interval: 50, report_interval: 1_000 },
        calls: { timeout: 1_500 },
        circuit_breaker: { threshold: 0.99 },
      });
      const [begun, ended] = [heard('anomaly_detected'), heard('anomaly_ended')];
      const caller = await session('work');
      const work = (ms: number): Promise<string> =>
        caller.request('tools/call', { name: 'sleep', arguments: { ms } }).then(answer => answer.text());
      const round = (lost: number): Promise<unknown> =>
        Promise.all(Array.from({ length: 30 }, (_, i) => work(i < lost ? 60_000 : 5)));
      const calm = { until: performance.now() + 8_000, rounds: 60 };
      while (performance.now() < calm.until || calm.rounds-- > 0) await round(0);
      const ofErrors = { metric: 'error_rate', of: 'work' };
      const isOfErrors = ({ metric, of }: typeof ofErrors): boolean => metric === 'error_rate' && of === 'work';
      expect(begun.filter(isOfErrors)).toEqual([]);
      await until(async () => (await round(15), begun.some(isOfErrors)), 'the anomaly');
      expect(begun.find(isOfErrors)).toMatchObject({ ...ofErrors, expected: 0 });
      expect(begun.find(isOfErrors)!.value).toBeGreaterThan(0.1);
      await until(async () => (await round(0), ended.some(isOfErrors)), 'its end');
    } finally {
      await remote.stop();
    }
  });

  it('shows what it expects and what it found to whoever scrapes', async () => {
    await start();
    for (const name of ['a', 'b', 'c']) await native(name);
    const forecasts = heard('load_forecast');
    await until(() => forecasts.some(({ metric, now }) => metric === 'connections' && now === 3), 'a forecast');
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    expect(text).toMatch(/^gateway_forecast_connections \d/m);
    expect(text).toMatch(/^gateway_forecast_messages_per_second \d/m);
    expect(text).toMatch(/^# HELP gateway_forecast_connections .*60 seconds/m);
    expect(text).toContain('gateway_anomalies{metric="latency"} 0');
    expect(text).toContain('gateway_usage_patterns{pattern="slow_consumer"} 0');
  });

  it('does nothing of that where nothing regulates', async () => {
    await start({ regulation: { enabled: false } });
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    expect(text).not.toMatch(/gateway_(forecast|anomalies|usage_patterns)/);
  });
});
