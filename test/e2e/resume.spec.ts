import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CuttingProxy } from '../../load/lib/servers/cutting-proxy.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { RawSession, ReadEvent, readEvents } from '../support/raw-http.js';
import { until } from '../support/until.js';

const slow = { name: 'slow', kind: 'mcp', command: process.execPath, args: ['test/fixtures/slow-unit.mjs'] };

const progressOf = (events: ReadEvent[]): number[] =>
  events.filter(e => e.message?.method === 'notifications/progress').map(e => e.message.params.progress as number);
const resultOf = (events: ReadEvent[]): any =>
  events.find(e => e.message?.id !== undefined && !e.message.method)?.message;
const lastIdOf = (events: ReadEvent[]): string => events.filter(e => e.id !== undefined).at(-1)!.id!;
const work = (args: object, token = 'my-token') => ({ name: 'work', arguments: args, _meta: { progressToken: token } });

/** Calls `work` and cuts the stream after `count` progress notifications. */
async function cutAfter(session: RawSession, args: object, count: number): Promise<ReadEvent[]> {
  const abort = new AbortController();
  const response = await session.request('tools/call', work(args), abort.signal);
  const events = await readEvents(response, (_, all) => progressOf(all).length >= count);
  abort.abort();
  return events;
}

async function metricReaches(gateway: RunningGateway, series: string, value: number): Promise<void> {
  await until(async () => {
    const metrics = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    const line = metrics.split('\n').find(candidate => candidate.startsWith(series));
    return Number(line?.split(' ')[1] ?? 0) >= value;
  }, `${series} ${value}`);
}

const callsFinished = (gateway: RunningGateway, count: number): Promise<void> =>
  metricReaches(gateway, 'gateway_call_duration_seconds_count{unit="slow"}', count);

describe('a stream that is cut in the middle of a call', () => {
  let gateway: RunningGateway;
  let session: RawSession;

  beforeAll(async () => {
    gateway = await startGateway({ units: [slow] });
  });
  afterAll(() => gateway.stop());

  beforeEach(async () => {
    session = new RawSession(gateway.mcpUrl);
    await session.initialize();
  });
  afterEach(() => session.delete());

  it('begins with an event that has an id and no data, so that it can be resumed from its first moment', async () => {
    const [first] = await readEvents(await session.request('tools/call', work({ steps: 2, ms: 60 })));
    expect(first).toMatchObject({ data: '' });
    expect(first!.id).toMatch(/^[\w-]+\.0$/);
  });

  it('goes on by Last-Event-ID with every progress notification and the result, in order and once', async () => {
    const before = await cutAfter(session, { steps: 12, ms: 25 }, 3);
    const after = await readEvents(await session.get(lastIdOf(before)));
    expect([...progressOf(before), ...progressOf(after)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(resultOf(after)).toMatchObject({ id: 2, result: { content: [{ text: 'x' }] } });
  });

  it('gives the result to a client that comes back after the call has ended, and then has nothing more', async () => {
    const before = await cutAfter(session, { steps: 4, ms: 20 }, 1);
    const after = await readEvents(await session.get(lastIdOf(before)));
    expect(resultOf(after)).toMatchObject({ id: 2 });
    expect((await session.get(lastIdOf(after))).status).toBe(204);
  });

  it('replays a stream only: messages of another stream stay on theirs', async () => {
    const [one, other] = await Promise.all([
      cutAfter(session, { steps: 5, ms: 20 }, 1),
      cutAfter(session, { steps: 5, ms: 20 }, 1),
    ]);
    const [rest, otherRest] = await Promise.all(
      [one, other].map(async events => readEvents(await session.get(lastIdOf(events)))),
    );
    expect([resultOf(rest!).id, resultOf(otherRest!).id].sort()).toEqual([2, 3]);
    expect([...progressOf(one), ...progressOf(rest!)]).toEqual([1, 2, 3, 4, 5]);
    expect([...progressOf(other), ...progressOf(otherRest!)]).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses ids that are not its own with an error instead of another stream', async () => {
    expect((await session.get('nonsense')).status).toBe(400);
    expect((await session.get('unknownstrea.7')).status).toBe(410);
  });

  it('is resumed by the official client without the caller noticing', async () => {
    const proxy = await CuttingProxy.start(gateway.mcpUrl);
    const client = new Client({ name: 'cut', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(proxy.url), {
      reconnectionOptions: {
        initialReconnectionDelay: 50,
        maxReconnectionDelay: 200,
        reconnectionDelayGrowFactor: 1.5,
        maxRetries: 5,
      },
    });
    try {
      await client.connect(transport);
      const seen: number[] = [];
      const call = client.callTool({ name: 'work', arguments: { steps: 20, ms: 25 } }, undefined, {
        onprogress: ({ progress }) => {
          seen.push(progress);
          if (progress === 5) proxy.cut();
        },
      });
      expect((await call).content).toEqual([{ type: 'text', text: 'x' }]);
      expect(seen.slice(0, 19)).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
      await transport.terminateSession();
    } finally {
      await client.close();
      await proxy.stop();
    }
  });
});

describe('a stream whose replay buffer is overrun while its client is away', () => {
  let gateway: RunningGateway;
  let session: RawSession;

  beforeEach(async () => {
    gateway = await startGateway({ units: [slow], sse: { replay_events: 5, replay_bytes: 2_000 } });
    session = new RawSession(gateway.mcpUrl);
    await session.initialize({ sampling: {} });
  });
  afterEach(() => gateway.stop());

  it('tells how many messages are missing and still brings the result', async () => {
    const before = await cutAfter(session, { steps: 30, ms: 5 }, 1);
    await callsFinished(gateway, 1);
    const after = await readEvents(await session.get(lastIdOf(before)));
    const seen = progressOf(before).length + progressOf(after).length;
    const told = after.find(event => event.message?.method === 'notifications/message')!.message.params;
    expect(told).toMatchObject({ level: 'warning', logger: 'viable', data: { error: 'gap', missed: 30 - seen } });
    expect(after.some(event => event.event === 'comment' && event.data.includes('gap'))).toBe(true);
    expect(resultOf(after)).toMatchObject({ id: 2, result: {} });
  });

  it('ends a call whose result is larger than the buffer with an error, so that nobody waits for it', async () => {
    const before = await cutAfter(session, { steps: 2, ms: 150, size: 5_000 }, 1);
    await callsFinished(gateway, 1);
    const after = await readEvents(await session.get(lastIdOf(before)));
    expect(resultOf(after)).toMatchObject({ id: 2, error: { code: -32056, data: { error: 'replay_overrun' } } });
  });

  it('answers a question of the unit that the client can no longer see, so that the unit does not wait either', async () => {
    const abort = new AbortController();
    const response = await session.request('tools/call', work({ steps: 30, ms: 5, ask: true }), abort.signal);
    const before = await readEvents(response, event => event.data === '');
    abort.abort();
    const sent = 'gateway_messages_total{transport="streamable_http",direction="out"}';
    await metricReaches(gateway, sent, 31);
    const after = await readEvents(await session.get(lastIdOf(before)));
    expect(JSON.parse(resultOf(after).result.content[0].text)).toMatchObject({ data: { error: 'replay_overrun' } });
  });

  it('keeps what nobody listens to within the bounds, however long nobody listens', async () => {
    const before = await cutAfter(session, { steps: 200, ms: 1 }, 1);
    await callsFinished(gateway, 1);
    const after = await readEvents(await session.get(lastIdOf(before)));
    expect(after.filter(event => event.id !== undefined).length).toBeLessThanOrEqual(5);
  });
});
