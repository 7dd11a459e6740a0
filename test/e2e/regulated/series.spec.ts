import { EventClient, NativeClient, PhoenixClient } from '../../support/channel-clients.js';
import { DOORS, NamedClient } from '../../support/clients.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import { Doors } from '../../support/outages.js';
import { filesMissing } from '../../support/open-files.js';
import { RawSession } from '../../support/raw-http.js';
import { describeWith } from '../../support/requirement.js';
import { until } from '../../support/until.js';

const NATIVE = 10_000;
const OTHERS = 100;
const AT_ONCE = 50;

/** Whatever a client may choose has its number in it. */
const own = (what: string, i: number): string => `${what}-of-number-${i}`;

/** Comes, does what its kind does, right and wrong, and stays. @returns what ends it */
type Kind = (doors: Doors, i: number) => Promise<() => void | Promise<void>>;

const native: Kind = async ({ wsUrl }, i) => {
  const client = await NativeClient.join(wsUrl, { client_id: own('native', i), topics: [own('topic', i)] });
  const said = await client.say({ type: own('type', i), data: { message: own('data', i) } });
  expect(said.type).toBe('ack');
  expect((await client.say({ type: 'subscribe', topics: own('wrong', i) })).type).toBe('error');
  return () => client.cut();
};
const phoenix: Kind = async ({ wsUrl }, i) => {
  const client = await PhoenixClient.join(wsUrl, { client_id: own('phoenix', i) });
  await client.push(own('event', i), { message: own('data', i) });
  return () => client.cut();
};
const stream: Kind = async ({ sseUrl }, i) => {
  const client = await EventClient.open(sseUrl, { client_id: own('stream', i) });
  await client.say({ type: own('type', i), data: { message: own('data', i) } });
  return () => client.leave();
};
const switching: Kind = async (doors, i) => {
  (await NativeClient.join(doors.wsUrl, { client_id: own('switching', i) })).cut();
  const client = await EventClient.open(doors.sseUrl, { client_id: own('switching', i) });
  return () => client.leave();
};
const http: Kind = async ({ mcpUrl }, i) => {
  const session = new RawSession(mcpUrl);
  await session.initialize();
  await (await session.request('tools/call', { name: 'echo', arguments: { message: own('message', i) } })).text();
  await (await session.request('tools/call', { name: own('tool', i) })).text();
  await (await session.request(own('method', i))).text();
  await (await session.post(`{${own('garbage', i)}`)).text();
  return () => undefined;
};
const sdk = DOORS.slice(1).map((door): Kind => {
  return async (doors, i) => {
    const client = await NamedClient.connect(own(door.door, i), door, doors);
    await client.call('echo', { message: own('message', i) });
    return () => client.close();
  };
});
const stranger: Kind = async ({ mcpUrl }, i) => {
  await (await fetch(`${mcpUrl}/${own('path', i)}?${own('query', i)}`)).text();
  const session = new RawSession(mcpUrl);
  session.id = own('session', i);
  await (await session.request('tools/list')).text();
  return () => undefined;
};

/** How many of each there will be. */
const KINDS: readonly (readonly [Kind, number])[] = [
  [native, NATIVE],
  ...[phoenix, stream, switching, http, ...sdk, stranger].map(kind => [kind, OTHERS] as const),
];

describeWith(filesMissing(NATIVE + 1_000), 'the metrics of many clients', () => {
  let gateway: GatewayProcess;
  let doors: Doors;
  const ends: (() => void | Promise<void>)[] = [];

  beforeAll(async () => {
    const plenty = 100_000;
    gateway = await GatewayProcess.spawn({
      units: [{ name: 'echo', kind: 'echo' }],
      websocket: { max_connections: 20_000 },
      limits: { sessions: plenty, new_sessions_per_minute: plenty, joins_per_minute: plenty },
      routes: [{ type: '*', unit: 'echo', tool: 'echo' }],
      regulation: { interval: 100, report_interval: 500, audit_interval: 0 },
    });
    const { mcp, sse, websocket, management } = await gateway.ready();
    doors = { mcpUrl: mcp, sseUrl: sse, wsUrl: websocket, managementUrl: management };
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await gateway.stop();
  });

  const scrape = async (): Promise<string> => (await fetch(`${doors.managementUrl}/metrics`)).text();
  const sample = (text: string, name: string): number =>
    Number(
      text
        .split('\n')
        .find(line => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );

  /** Number `from` to `to` of a kind. */
  async function come(kind: Kind, from: number, to: number): Promise<void> {
    let next = from;
    const one = async (): Promise<void> => {
      while (next < to) ends.push(await kind(doors, next++));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  it('are the series of the first of each kind, and not one more', async () => {
    for (const [kind] of KINDS) await come(kind, 0, 1);
    const first = await scrape();
    for (const [kind, count] of KINDS) await come(kind, 1, count);
    const connected = async (): Promise<boolean> =>
      sample(await scrape(), 'gateway_websocket_connections') >= NATIVE + OTHERS;
    await until(connected, 'all of them being there');
    const last = await scrape();
    expect(seriesOf(last)).toEqual(seriesOf(first));
    expect(last).not.toMatch(/of-number-|[\da-f]{8}-[\da-f]{4}-/);
    // Numbers get longer, names do not.
    expect(last.length).toBeLessThan(first.length * 1.1);
  });
});

/**
 * Names and labels. Left out are Node's own, whose kinds of handles and of garbage collection come when they come, and the
 * values of levers, which say what regulation has seen: a unit, an instance or a transport.
 */
function seriesOf(text: string): string[] {
  const lines = text.split('\n').filter(line => /^gateway_(?!lever_value)/.test(line));
  return lines.map(line => line.slice(0, line.lastIndexOf(' '))).sort();
}
