import { EventClient, NativeClient, PhoenixClient } from '../support/channel-clients.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

const lab = (name: string, ...args: string[]) => ({
  name,
  kind: 'mcp',
  command: process.execPath,
  args: ['test/fixtures/lab-unit.mjs', '--name', name, ...args],
});

describe('channels: what clients say', () => {
  let gateway: RunningGateway;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    gateway = await startGateway({
      units: [
        { name: 'echo', kind: 'echo' },
        lab('lab'),
        lab('mortal'),
        { ...lab('missing'), command: 'no-such-command' },
      ],
      units_start_timeout: 3_000,
      routes: [
        { type: 'say', unit: 'echo', tool: 'echo' },
        { type: 'echo', unit: 'echo' },
        { type: 'lab.sleep', unit: 'lab', tool: 'sleep' },
        { type: 'lab.nothing', unit: 'lab' },
        { type: 'die', unit: 'mortal' },
        { type: 'lab.*', unit: 'lab', tool: 'whoami' },
        { type: 'gone', unit: 'missing' },
      ],
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    id = `client-${++count}`;
  });

  const textIn = ({ payload }: { payload: any }): string => payload.result.content[0].text;
  const join = (hello: object = {}): Promise<NativeClient> =>
    NativeClient.join(gateway.wsUrl, { client_id: id, ...hello });

  it('goes to the unit of its type, whose answer is a message to its session', async () => {
    const client = await join();
    client.send({ id: 'q1', type: 'say', data: { message: 'hello' }, priority: 'high' });
    const [answer] = await client.got(1);
    expect(client.frames).toContainEqual({ type: 'ack', id: 'q1', status: 'ok', routed: 'echo' });
    expect(answer).toMatchObject({ type: 'say', priority: 'high', sequence: 0, payload: { in_reply_to: 'q1' } });
    expect(textIn(answer!)).toBe('hello');
    client.send({ type: 'echo', data: { message: 'nameless' } });
    await client.got(2);
    expect(client.messages[1]).toMatchObject({ type: 'echo', payload: { in_reply_to: null } });
    client.leave();
  });

  it('goes to a real MCP server, from each door', async () => {
    const native = await join();
    expect(await native.say({ type: 'lab.anything', data: {} })).toMatchObject({ routed: 'lab' });
    await native.got(1);
    const texts = [textIn(native.messages[0]!)];
    native.leave();
    const stream = await EventClient.open(gateway.sseUrl, { client_id: `${id}-s` });
    expect(await stream.say({ id: 'x', type: 'lab.else', data: {} })).toEqual({
      type: 'ack',
      id: 'x',
      status: 'ok',
      routed: 'lab',
    });
    texts.push(textIn((await stream.got(1))[0]!));
    stream.leave();
    const phoenix = await PhoenixClient.join(gateway.wsUrl, { client_id: `${id}-p` });
    expect(await phoenix.push('lab.own', {})).toEqual({ status: 'ok', response: { routed: 'lab' } });
    texts.push(textIn((await phoenix.got(1))[0]!));
    phoenix.leave();
    // One MCP session for all of them.
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^lab \d+$/);
  });

  it('is answered out of order where one takes longer, and to a client that has been away', async () => {
    const client = await join({ acks: true });
    await client.say({ id: 'slow', type: 'lab.sleep', data: { ms: 1_500, message: 'slow' } });
    await client.say({ id: 'fast', type: 'lab.sleep', data: { ms: 0, message: 'fast' } });
    await client.got(1);
    client.ack(0);
    client.leave();
    const again = await join({ acks: true });
    await again.got(1);
    expect(client.messages[0]!.payload.in_reply_to).toBe('fast');
    expect(again.messages[0]!.payload).toMatchObject({ in_reply_to: 'slow' });
    again.leave();
  });

  it('has the errors of units in the answer', async () => {
    const client = await join();
    const cases: [frame: object, payload: object][] = [
      [{ type: 'lab.nothing', data: {} }, { error: { code: -32602, message: 'no tool lab.nothing' } }],
      [{ type: 'say', data: 'no object' }, { error: { code: expect.any(Number), data: { error: 'invalid_message' } } }],
      [{ type: 'say' }, { error: { code: expect.any(Number), data: { error: 'invalid_message' } } }],
      [{ type: 'gone', data: {} }, { error: { code: expect.any(Number), data: { error: 'unit_unavailable' } } }],
      [{ type: 'die', data: {} }, { error: { code: expect.any(Number), data: { error: 'outcome_unknown' } } }],
      // A new session is begun with a unit that has gone.
      [{ type: 'die', data: {} }, { error: { code: expect.any(Number), data: { error: 'outcome_unknown' } } }],
    ];
    for (const [i, [frame, payload]] of cases.entries()) {
      client.send({ id: `e${i}`, ...frame });
      await client.got(i + 1);
      expect(client.messages[i]).toMatchObject({ payload: { in_reply_to: `e${i}`, ...payload } });
    }
    client.leave();
  });

  it('may have a number for its id', async () => {
    const client = await join();
    client.send({ id: 7, type: 'say', data: { message: 'm' } });
    await client.got(1);
    expect(client.frames).toContainEqual({ type: 'ack', id: 7, status: 'ok', routed: 'echo' });
    expect(client.messages[0]!.payload.in_reply_to).toBe('7');
    client.leave();
  });

  it('goes nowhere without a route, and is heard by code in the same process', async () => {
    const { router } = gateway;
    const heard: any[] = [];
    const events: any[] = [];
    const ends = [
      router.onMessage(message => heard.push(message)),
      router.onMessage(() => {
        throw new Error('a listener that fails');
      }),
      router.subscribe(id, event => events.push(event)),
    ];
    const client = await join();
    expect(await client.say({ type: 'unheard-of', data: { n: 1 } })).toMatchObject({ status: 'ok', routed: null });
    expect(heard).toEqual([
      {
        clientId: id,
        session: client.welcome.session_id,
        id: 'say-1',
        type: 'unheard-of',
        data: '{"n":1}',
        priority: 'normal',
      },
    ]);

    const one = await router.routeMessage(id, { payload: '{"body":1}', type: 'greeting' });
    expect(one.counts).toEqual({ delivered: 1, queued: 0, refused: 0 });
    const all = await router.broadcast({ payload: '2' }, { include: [id] }, { timeout: 10_000 });
    expect(all.results).toMatchObject([{ client_id: id, status: 'delivered', sequence: 1 }]);
    await client.got(2);
    expect(client.messages[0]).toMatchObject({ type: 'greeting', payload: { body: 1 } });
    await expect(router.routeMessage('nobody', { payload: '1' })).rejects.toMatchObject({ code: 'client_not_found' });

    const stream = await EventClient.open(gateway.sseUrl, { resume_token: client.welcome.resume_token });
    stream.leave();
    await until(() => events.at(-1)?.status === 'offline', 'the last event');
    expect(events.map(({ event, status, to }) => [event, status ?? to])).toEqual([
      ['connection_status', 'online'],
      ['message', undefined],
      ['transport_switched', 'http_sse'],
      ['connection_status', 'offline'],
    ]);
    for (const end of ends) end();
    const before = [heard.length, events.length];
    const again = await join();
    await again.say({ type: 'unheard-of' });
    expect([heard.length, events.length]).toEqual(before);
    again.leave();
  });
});
