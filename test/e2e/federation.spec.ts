import { resolve } from 'node:path';
import { DOORS, NamedClient } from '../support/clients.js';
import { RunningFixture, startFixture } from '../support/fixture.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';

const LAB = resolve('test/fixtures/lab-unit.mjs');

const lab = (name: string, options: string[] = [], unit: object = {}) => ({
  name,
  kind: 'mcp',
  command: process.execPath,
  args: [LAB, '--name', name, ...options],
  ...unit,
});

const textOf = (result: any): string => result.content[0].text as string;
const names = (list: { name: string }[]): string[] => list.map(({ name }) => name);

/** The result of a request on a raw session. */
async function ask(session: RawSession, method: string, params: object = {}): Promise<any> {
  return session.answerOf(await session.request(method, params));
}

describe.each(DOORS)('several units as one server, over $door', door => {
  let gateway: RunningGateway;
  let remote: RunningFixture;
  let client: NamedClient;
  let other: NamedClient;

  beforeAll(async () => {
    remote = await startFixture(LAB, ['--name', 'remote', '--http', '0']);
    gateway = await startGateway({
      units: [lab('one'), { name: 'far', kind: 'mcp', url: remote.url }, lab('pooled', [], { lease: 'shared' })],
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await remote.stop();
  });
  beforeEach(async () => {
    client = await NamedClient.connect('a', door, gateway);
    other = await NamedClient.connect('b', door, gateway);
  });
  afterEach(() => Promise.all([client.close(), other.close()]));

  it('lists the tools of all, in the order of the units, under names of their own', async () => {
    const { tools } = await client.client.listTools();
    expect(names(tools).slice(0, 2)).toEqual(['one__whoami', 'one__count']);
    expect(names(tools).filter(name => name.endsWith('__count'))).toEqual([
      'one__count',
      'far__count',
      'pooled__count',
    ]);
    expect(tools[0]).toMatchObject({ inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } });
  });

  it('speaks of what all of them offer', () => {
    expect(client.client.getServerCapabilities()).toEqual({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      logging: {},
      completions: {},
    });
    expect(client.client.getInstructions()).toBe('# one\nI am one.\n\n# far\nI am remote.\n\n# pooled\nI am pooled.');
  });

  it('takes each call to its unit, and keeps state apart where leases are exclusive', async () => {
    const call = (who: NamedClient, name: string, args = {}) => who.client.callTool({ name, arguments: args });
    expect(textOf(await call(client, 'one__whoami'))).toMatch(/^one /);
    expect(textOf(await call(client, 'far__whoami'))).toMatch(/^remote /);
    expect(textOf(await call(client, 'pooled__whoami'))).toMatch(/^pooled /);
    for (const unit of ['one', 'far']) {
      expect(textOf(await call(client, `${unit}__count`))).toBe('1');
      expect(textOf(await call(client, `${unit}__count`))).toBe('2');
      expect(textOf(await call(other, `${unit}__count`))).toBe('1');
    }
  });

  it('shares one link between sessions where leases are shared', async () => {
    const whoami = (who: NamedClient) => who.client.callTool({ name: 'pooled__whoami' });
    expect(textOf(await whoami(client))).toBe(textOf(await whoami(other)));
    expect(textOf(await client.client.callTool({ name: 'one__whoami' }))).not.toBe(
      textOf(await other.client.callTool({ name: 'one__whoami' })),
    );
  });

  it('gives forty concurrent calls of two clients to three units each its own answer', async () => {
    const calls = [client, other].flatMap(who =>
      Array.from({ length: 40 }, async (_, i) => {
        const name = `${['one', 'far', 'pooled'][i % 3]}__sleep`;
        const message = `${who.name}-${i}`;
        const result = await who.client.callTool({ name, arguments: { message, ms: (i * 7) % 50 } });
        expect(textOf(result).split(' ')[0]).toBe(message);
      }),
    );
    await Promise.all(calls);
  });

  it('takes prompts, resources, templates and completions to their unit', async () => {
    const { prompts } = await client.client.listPrompts();
    expect(names(prompts)).toEqual(['one__greet', 'far__greet', 'pooled__greet']);
    const prompt = await client.client.getPrompt({ name: 'far__greet' });
    expect(prompt.messages[0]!.content).toMatchObject({ text: 'remote: greet' });
    const { resources } = await client.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['lab://one/one', 'lab://remote/one', 'lab://pooled/one']);
    const read = async (uri: string) => (await client.client.readResource({ uri })).contents[0];
    expect(await read('lab://remote/one')).toMatchObject({ text: 'remote lab://remote/one' });
    expect(await read('lab://pooled/7/part')).toMatchObject({ text: 'pooled lab://pooled/7/part' });
    await expect(read('lab://nobody/one')).rejects.toMatchObject({ code: -32002 });
    const complete = (ref: any) => client.client.complete({ ref, argument: { name: 'who', value: 'x' } });
    expect((await complete({ type: 'ref/prompt', name: 'far__greet' })).completion.values).toEqual(['remote:greet:x']);
    const template = { type: 'ref/resource', uri: 'lab://one/{id}/part' };
    expect((await complete(template)).completion.values).toEqual(['one:lab://one/{id}/part:x']);
  });

  const rootsOf = async (who: NamedClient, unit: string): Promise<string> => {
    const result = await who.client.callTool({ name: `${unit}__ask`, arguments: { method: 'roots/list' } });
    return JSON.parse(textOf(result)).roots[0].name as string;
  };

  it.each(['one', 'far'])('takes questions of %s to the client that called, and its answer back', async unit => {
    const answers = await Promise.all([client, other, client].map(who => rootsOf(who, unit)));
    expect(answers).toEqual(['root of a', 'root of b', 'root of a']);
  });

  it('takes questions on a shared link to the client that called, or to nobody', async () => {
    expect(await rootsOf(client, 'pooled')).toBe('root of a');
    expect(await rootsOf(other, 'pooled')).toBe('root of b');
    const doubtful = other.client.callTool({ name: 'pooled__sleep', arguments: { ms: 1_500 } });
    const asked = await client.client.callTool({ name: 'pooled__ask', arguments: { method: 'roots/list' } });
    expect(asked.content).toEqual([{ type: 'text', text: 'undefined' }]);
    await doubtful;
    expect(other.rootsAsked).toBe(1);
  });

  it.each(['one', 'pooled'])(
    'answers a call to %s that is in flight when its session is ended by DELETE',
    async unit => {
      const session = new RawSession(gateway.mcpUrl);
      await session.initialize();
      const call = ask(session, 'tools/call', { name: `${unit}__sleep`, arguments: { ms: 5_000 } });
      await until(async () => (await inFlight(gateway)) === 1, 'the call in flight');
      await session.delete();
      expect(await call).toMatchObject({ error: { data: { error: 'session_ended' } } });
    },
  );

  it('reports progress of each call under its own token', async () => {
    const seen: string[] = [];
    const call = (unit: string) =>
      client.client.callTool({ name: `${unit}__sleep`, arguments: { ms: 100 } }, undefined, {
        onprogress: () => seen.push(unit),
      });
    await Promise.all(['one', 'far', 'pooled'].map(call));
    expect(seen.sort()).toEqual(['far', 'one', 'pooled']);
  });

  it.each(['one', 'far', 'pooled'])(
    'brings log messages and resource updates of %s to who asked for them',
    async unit => {
      const uri = `lab://${unit === 'far' ? 'remote' : unit}/one`;
      await client.client.setLoggingLevel('info');
      await client.client.subscribeResource({ uri });
      await Promise.all([client, other].map(who => who.client.callTool({ name: `${unit}__log` })));
      await until(() => client.updated.includes(uri), 'the update');
      expect(other.updated).toEqual([]);
      // A child that several share does not say whose call a message is about: it is nobody's.
      const logs = unit === 'pooled' ? 0 : 1;
      await until(() => client.logged.length === logs, 'the log message');
      expect(other.logged).toEqual([]);
      await client.client.unsubscribeResource({ uri });
    },
  );

  it('tells everybody that a list has changed, and lists what is new', async () => {
    const tool = `new-${door.door.replace(/\W/g, '-')}`;
    await Promise.all([client, other].map(who => who.client.listTools()));
    await client.client.callTool({ name: 'far__grow', arguments: { tool } });
    const changed = (who: NamedClient) =>
      who.received.some((message: any) => message.method === 'notifications/tools/list_changed');
    await until(() => changed(client) && changed(other), 'list_changed');
    expect(names((await other.client.listTools()).tools)).toContain(`far__${tool}`);
    expect(textOf(await other.client.callTool({ name: `far__${tool}` }))).toBe(tool);
  });

  it("refuses names, cursors and methods that are nobody's", async () => {
    await expect(client.client.callTool({ name: 'one__nothing' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.client.callTool({ name: 'whoami' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.client.listTools({ cursor: 'bm90IG91cnM' })).rejects.toMatchObject({ code: -32602 });
    const unknown = { method: 'x/unknown', params: {} } as any;
    const anything = { parse: (value: unknown) => value } as any;
    await expect(client.client.request(unknown, anything)).rejects.toMatchObject({ code: -32601 });
  });
});

describe('several units of which some fail', () => {
  let gateway: RunningGateway;
  let back: RunningFixture | undefined;

  afterEach(async () => {
    await gateway.stop();
    await back?.stop();
    back = undefined;
  });

  it('lists in time what there is, says what is missing, and announces the return', async () => {
    const port = await freePort();
    gateway = await startGateway({
      units: [
        lab('well'),
        { name: 'dead', kind: 'mcp', url: `http://127.0.0.1:${port}/mcp` },
        lab('slow', ['--list-delay', '3000']),
        lab('mute', ['--mute']),
      ],
      federation: { list_timeout: 400 },
    });
    const client = await NamedClient.connect('a', DOORS[0]!, gateway);
    const startedAt = Date.now();
    const first = await client.client.listTools();
    expect(Date.now() - startedAt).toBeLessThan(2_900);
    expect(names(first.tools).every(name => name.startsWith('well__'))).toBe(true);
    expect(first._meta!['viable/missing']).toEqual([
      expect.objectContaining({ unit: 'dead', error: 'unit_unavailable' }),
      expect.objectContaining({ unit: 'slow', error: 'unit_timeout' }),
      expect.objectContaining({ unit: 'mute', error: 'unit_timeout' }),
    ]);
    expect(textOf(await client.client.callTool({ name: 'well__count' }))).toBe('1');

    const announced = () =>
      client.received.filter((message: any) => message.method === 'notifications/tools/list_changed').length;
    await until(() => announced() === 1, 'the return of the slow one');
    expect(names((await client.client.listTools()).tools)).toContain('slow__whoami');
    back = await startFixture(LAB, ['--name', 'dead', '--http', String(port)]);
    await until(() => announced() === 2, 'the return of the dead one');
    const third = await client.client.listTools();
    expect(names(third.tools)).toContain('dead__whoami');
    expect((third._meta as any)['viable/missing']).toEqual([expect.objectContaining({ unit: 'mute' })]);
    expect(textOf(await client.client.callTool({ name: 'dead__count' }))).toBe('1');
    await client.close();
  });

  it('tells once that what a unit knew of the session is gone, and goes on with it and all others', async () => {
    gateway = await startGateway({ units: [lab('one'), lab('two')] });
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const count = (unit: string) => ask(session, 'tools/call', { name: `${unit}__count`, arguments: {} });
    expect(textOf((await count('one')).result)).toBe('1');
    expect(textOf((await count('two')).result)).toBe('1');
    const { result } = await ask(session, 'tools/call', { name: 'one__whoami', arguments: {} });
    process.kill(Number(textOf(result).split(' ')[1]), 'SIGKILL');
    const told = ['state_lost', 'outcome_unknown'];
    await until(async () => told.includes((await count('one')).error?.data.error), 'the loss');
    expect(textOf((await count('one')).result)).toBe('1');
    expect(textOf((await count('two')).result)).toBe('2');
    await session.delete();
  });
});

describe('names of several units', () => {
  let gateway: RunningGateway;
  afterEach(() => gateway.stop());

  async function toolNames(units: object[], names: string): Promise<any> {
    gateway = await startGateway({ units, federation: { names } });
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const { result } = await ask(session, 'tools/list');
    await session.delete();
    return result;
  }

  it('are bare with `priority`, and the unit named first wins', async () => {
    const result = await toolNames([lab('one'), lab('two', ['--tools', '1'])], 'priority');
    expect(names(result.tools).filter(name => name === 'count')).toHaveLength(1);
    expect(names(result.tools)).toContain('tool-0');
    expect(result._meta['viable/hidden']).toContainEqual({ unit: 'two', name: 'count' });
  });

  it('need an alias with `manual` where two offer the same', async () => {
    const units = [lab('one'), lab('two', [], { aliases: { count: 'second_count' } })];
    const result = await toolNames(units, 'manual');
    expect(names(result.tools)).toEqual(['count', 'second_count']);
  });

  it('come in pages behind cursors that only this gateway can make', async () => {
    gateway = await startGateway({
      units: [lab('one', ['--tools', '25', '--page', '4']), lab('two')],
      federation: { page_size: 10 },
    });
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const { result } = await ask(session, 'tools/list', cursor === undefined ? {} : { cursor });
      expect(result.tools.length).toBeLessThanOrEqual(10);
      all.push(...names(result.tools));
      cursor = result.nextCursor;
      if (cursor === undefined) continue;
      const forged = `${cursor.slice(0, -2)}${cursor.at(-2) === 'A' ? 'B' : 'A'}${cursor.at(-1)}`;
      expect(await ask(session, 'tools/list', { cursor: forged })).toMatchObject({ error: { code: -32602 } });
      expect(await ask(session, 'prompts/list', { cursor })).toMatchObject({ error: { code: -32602 } });
    } while (cursor !== undefined);
    expect(all).toHaveLength(7 + 25 + 7);
    expect(new Set(all).size).toBe(all.length);
    await session.delete();
  });
});

async function inFlight({ managementUrl }: RunningGateway): Promise<number> {
  const health = (await (await fetch(`${managementUrl}/health/gateway`)).json()) as any;
  return health.details.load.callsInFlight as number;
}

async function freePort(): Promise<number> {
  const fixture = await startFixture(LAB, ['--http', '0']);
  await fixture.stop();
  return Number(new URL(fixture.url).port);
}
