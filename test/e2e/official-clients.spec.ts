import {
  CallToolResultSchema,
  CreateTaskResultSchema,
  ErrorCode,
  isJSONRPCRequest,
  McpError,
  ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { resolve } from 'node:path';
import { children } from '../support/children.js';
import { Door, DOORS, NamedClient, textOf } from '../support/clients.js';
import { EVERYTHING } from '../support/everything.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { openRaw, RawClient } from '../support/raw-client.js';
import {
  asksOnly,
  complaints,
  DOCUMENTS,
  echoes,
  ownLog,
  ownProgress,
  ownSampling,
  ownUpdates,
} from '../support/scenarios.js';
import { until } from '../support/until.js';

/*
 * The official SDK's clients, through each of the gateway's doors, at the official reference server over stdio and at a
 * witness that tells what reaches it. Always several clients at a time, whose answers to the unit's questions differ:
 * whatever crosses over from one session to another shows.
 */
const WITNESS = {
  name: 'witness',
  kind: 'mcp',
  command: process.execPath,
  args: [resolve('test/fixtures/witness-unit.mjs')],
};

interface Way extends Door {
  /** What stands behind the door's URL. */
  query: '' | '?unit=NAME';
}

const WAYS: readonly Way[] = DOORS.flatMap(door => [
  { ...door, query: '' as const },
  { ...door, query: '?unit=NAME' as const },
]);

let gateway: RunningGateway;
let clients: NamedClient[] = [];
let anna: NamedClient;
let bert: NamedClient;
let others: number[];

beforeAll(async () => {
  others = await children();
});

afterEach(() => expect(complaints(clients)).toEqual([]));

afterAll(async () => {
  expect(await ownChildren()).toEqual([]);
});

describe('at server-everything', () => {
  beforeAll(async () => {
    gateway = await startGateway({ units: [EVERYTHING] });
  });

  afterAll(() => gateway?.stop());

  describe.each(WAYS)('through $door, at the URL$query', way => {
    beforeAll(async () => {
      await connectPair(EVERYTHING.name, way);
      // The server asks for the roots once, 350 ms after `initialized`, and tells that it has them.
      await until(() => clients.every(({ logged }) => logged.length === 1), 'the server to have the roots of both');
    });

    afterAll(closeAll);

    it('lists and uses tools, prompts, resources and completions', async () => {
      await Promise.all(clients.map(usePrimitives));
    });

    it('brings each client the progress of its own operation', () => ownProgress([anna, bert]));

    it('puts a sampling request to the client that made the call', () => ownSampling([anna, bert]));

    it('puts an elicitation by form to the client that made the call', async () => {
      const elicit = async (client: NamedClient) => {
        expect(await client.call('trigger-elicitation-request')).toContain(`- Name: ${client.name}`);
      };
      await asksOnly(anna, bert, { elicited: 1 }, () => elicit(anna));
      await asksOnly(bert, anna, { elicited: 1 }, () => elicit(bert));
      await Promise.all(clients.map(elicit));
      expect([anna.elicited.length, bert.elicited.length]).toEqual([2, 2]);
    });

    it('puts an elicitation by URL to the client that made the call', async () => {
      const elicit = async (client: NamedClient) => {
        const url = `https://example.com/${client.name}`;
        const answer = await client.call('trigger-url-elicitation', { url, message: `open it, ${client.name}` });
        expect(answer).toContain(`URL: ${url}\n`);
        expect(answer).toContain(`"answeredBy": "${client.name}"`);
        expect(client.elicited.at(-1)).toBe(`open it, ${client.name}`);
      };
      await asksOnly(anna, bert, { elicited: 1 }, () => elicit(anna));
      await asksOnly(bert, anna, { elicited: 1 }, () => elicit(bert));
      await Promise.all(clients.map(elicit));
    });

    it('carries the error that demands an elicitation by URL', async () => {
      const call = anna.call('trigger-url-elicitation', { url: 'https://example.com/', errorPath: true });
      const error = (await call.catch((thrown: unknown) => thrown)) as McpError;
      expect(error).toBeInstanceOf(McpError);
      expect(error.code).toBe(ErrorCode.UrlElicitationRequired);
      const url = 'https://modelcontextprotocol.io';
      expect(error.data).toMatchObject({ elicitations: [{ mode: 'url', url, elicitationId: expect.any(String) }] });
    });

    it('asks each client for its own roots', async () => {
      for (const client of clients) {
        const root = `root of ${client.name}\n   URI: file:///home/${client.name}`;
        expect(await client.call('get-roots-list')).toContain(root);
      }
      await asksOnly(bert, anna, { roots: 1 }, async () => {
        const told = bert.logged.length;
        await bert.client.sendRootsListChanged();
        await until(() => bert.logged.length > told, 'the server to have the new roots');
      });
    });

    it('sends log messages to nobody but the client that asked', () => ownLog([anna, bert]));

    it('sends resource updates to nobody but the subscriber', () => ownUpdates([anna, bert]));

    it('gives each of 40 calls at once its own answer', async () => {
      await Promise.all(clients.map(client => echoes(client, 20)));
    });
  });

  describe('through all doors at both URLs at once, two clients each', () => {
    beforeAll(async () => {
      const pairs = WAYS.map(way =>
        connect(
          EVERYTHING.name,
          way,
          ['anna', 'bert'].map(name => `${name} at ${way.door}${way.query}`),
        ),
      );
      clients = (await Promise.all(pairs)).flat();
    });

    afterAll(closeAll);

    it('runs a task for each, asks each what it meant, and gives each its result', async () => {
      await Promise.all(clients.map(research));
    });

    it('pages through the tasks of each, and cancels them', async () => {
      await Promise.all(clients.map(pageThroughTasks));
    });

    it('lets each answer a question of the server by a task of its own', async () => {
      const answers = clients.map(async client => {
        const text = await client.call('trigger-elicitation-request-async');
        expect(text).toContain('[COMPLETED]');
        expect(text).toContain(`- Name: ${client.name}\n`);
      });
      await Promise.all(answers);
    });
  });

  describe('through all doors at once, one client each', () => {
    beforeAll(async () => {
      const each = DOORS.map(door => connect(EVERYTHING.name, { ...door, query: '' }, [door.door]));
      clients = (await Promise.all(each)).flat();
    });

    afterAll(closeAll);

    it('never gives a client the answer to a request of the same id of another', async () => {
      const work = clients.map(async (client, i) => {
        const steps = 10 + i;
        const totals = new Set<number | undefined>();
        const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.5, steps } };
        const onprogress = ({ total }: { total?: number }) => totals.add(total);
        const running = client.client.callTool(long, undefined, { onprogress });
        await echoes(client, 20);
        const sampled = await client.call('trigger-sampling-request', { prompt: client.name });
        expect(sampled).toContain(`"sampled by ${client.name}"`);
        expect(client.sampled).toEqual([`Resource trigger-sampling-request context: ${client.name}`]);
        expect(textOf(await running)).toContain(`Steps: ${steps}.`);
        expect([...totals]).toEqual([steps]);
      });
      await Promise.all(work);
      const ids = clients.map(({ sent }) => sent.filter(isJSONRPCRequest).map(({ id }) => id));
      const same = Array.from({ length: 23 }, (_, i) => i);
      expect(ids).toEqual([same, same, same]);
    });
  });

  it('leaves nothing behind', leavesNothing);
});

describe('at a witness', () => {
  beforeAll(async () => {
    gateway = await startGateway({ units: [WITNESS] });
  });

  afterAll(() => gateway?.stop());

  describe.each(WAYS)('through $door, at the URL$query', way => {
    beforeAll(() => connectPair(WITNESS.name, way));

    afterAll(closeAll);

    it.each([
      ['talkative', [notification('notifications/progress', '{"progressToken":@token,"progress":1}')]],
      ['silent', []],
    ])('tells the unit that a %s call is cancelled, and of nobody else’s', async (kind, lines) => {
      const abort = new AbortController();
      const resumed = anna.resumed.length;
      const begin = ({ client, name }: NamedClient, signal?: AbortSignal) => {
        const call = { name: 'say', arguments: { lines, who: `${kind} ${name}` } };
        const answer = client.callTool(call, undefined, { signal, onprogress: () => undefined });
        answer.catch(() => undefined);
        return answer;
      };
      const answer = begin(anna, abort.signal);
      void begin(bert);
      const begun = async (client: NamedClient) => {
        const call = (line: string) => line.includes(`"who":"${kind} ${client.name}"`);
        await until(async () => (await seen(client)).some(call), 'the call to be at the unit');
        return parse((await seen(client)).find(call)!);
      };
      const { id: requestId } = await begun(anna);
      await begun(bert);

      const reason = `${kind}, and not wanted any more`;
      abort.abort(reason);
      await expect(answer).rejects.toThrow(reason);
      const cancellation = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason } };
      await until(async () => (await cancellations(anna)).length > 0, 'the cancellation');
      expect((await cancellations(anna)).at(-1)).toEqual(cancellation);
      expect(await cancellations(bert)).toEqual([]);
      // The SDK takes the end of the call's stream for an accident and asks to go on: there is nothing more to come.
      if (way.door === 'Streamable HTTP') {
        await until(() => anna.resumed.length > resumed, 'the attempt to go on');
        expect(anna.resumed.at(-1)).toBe(204);
      }
    });

    it('tells the client that the unit cancelled its question', async () => {
      const cancelled: string[] = [];
      for (const { name, client } of clients) {
        client.fallbackRequestHandler = async (_, { signal }) => {
          // The SDK starts a handler even if the cancellation came in the same read.
          await until(() => signal.aborted, 'the cancellation');
          cancelled.push(name);
          return {};
        };
      }
      await say(anna, [
        '{"jsonrpc":"2.0","id":"q","method":"vendor/question"}',
        notification('notifications/cancelled', '{"requestId":"q","reason":"never mind"}'),
        '{"jsonrpc":"2.0","id":@id,"result":{"content":[]}}',
      ]);
      await until(() => cancelled.length > 0, 'the handler to hear of it');
      expect(cancelled).toEqual(['anna']);
    });

    it('passes methods it does not know, in both directions, and to nobody else', async () => {
      const got: Record<string, unknown[]> = { anna: [], bert: [] };
      for (const { name, client } of clients) {
        client.fallbackRequestHandler = ({ method, params }) => {
          got[name]!.push({ method, params });
          return Promise.resolve({ answeredBy: name, _meta: { 'vendor/x': 1 } });
        };
        client.fallbackNotificationHandler = ({ method, params }) => {
          got[name]!.push({ method, params });
          return Promise.resolve();
        };
      }
      const params = { thing: { deep: [1, null, 'ä'] }, _meta: { 'vendor/x': { y: true } } };

      const request = { method: 'vendor/request', params };
      expect(await anna.client.request(request as never, ResultSchema)).toEqual({ method: 'vendor/request' });
      await anna.client.notification({ method: 'vendor/notification', params });
      const atUnit = async (text: string) => (await seen(anna)).filter(line => line.includes(text)).map(parse);
      await until(async () => (await atUnit('"method":"vendor/notification"')).length > 0, 'the notification');
      expect(await atUnit('"method":"vendor/')).toEqual([
        { jsonrpc: '2.0', id: expect.any(Number), method: 'vendor/request', params },
        { jsonrpc: '2.0', method: 'vendor/notification', params },
      ]);

      await say(anna, [
        notification('vendor/told', JSON.stringify(params)),
        JSON.stringify({ jsonrpc: '2.0', id: 'question', method: 'vendor/asked', params }),
        '{"jsonrpc":"2.0","id":@id,"result":{"content":[]}}',
      ]);
      await until(async () => (await atUnit('"answeredBy"')).length > 0, 'the answer');
      const answer = { jsonrpc: '2.0', id: 'question', result: { answeredBy: 'anna', _meta: { 'vendor/x': 1 } } };
      expect(await atUnit('"answeredBy"')).toEqual([answer]);
      expect(got).toEqual({
        anna: [
          { method: 'vendor/told', params },
          { method: 'vendor/asked', params },
        ],
        bert: [],
      });
      expect((await seen(bert)).filter(line => line.includes('vendor/'))).toEqual([]);
    });

    describe('as text', () => {
      // What a parser would change: numbers beyond 2^53, floats that look whole, exponents, escapes, repeated names.
      const ODD = String.raw`{ "n":12345678901234567890,"f":1.0,"z":-0.0,"e":1e2,"E":1E400, "s":"\u0061\/ü\ud83d ","n":1.10 }`;
      const BIG = '98765432109876543210';

      let raw: RawClient;

      beforeAll(async () => {
        raw = await openRaw(way, gateway, query(WITNESS.name, way));
      });

      afterAll(() => raw?.close());

      it('changes nothing of a call, its progress and its answer but id and token', async () => {
        const id = '12345678901234567890';
        const progress = (token: string) =>
          notification('notifications/progress', `{"progressToken":${token},"progress":1.0,"odd":${ODD}}`);
        const told = `{"jsonrpc":"2.0","method":"vendor/odd","params":${ODD},"sibling":1.0}`;
        const answer = (id: string) =>
          `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"structuredContent":${ODD},"_meta":${ODD}},"sibling":${ODD}}`;
        const call = (id: string, token: string) =>
          `{"sibling":${ODD},"jsonrpc" : "2.0","id":${id},"method":"tools/call","params":{"name":"say",` +
          `"arguments":{"lines":${JSON.stringify([progress('@token'), told, answer('@id')])},"odd":${ODD}},` +
          `"_meta":{"odd":${ODD},"progressToken":${token}},"odd":${ODD}}}`;

        await raw.send(call(id, BIG));
        await until(() => raw.received.includes(answer(id)), 'the answer');
        expect(raw.received.slice(-3)).toEqual([progress(BIG), told, answer(id)]);
        const lines = await seenByRaw(raw);
        const number = String(parse(lines.find(line => line.includes('"name":"say"'))!).id);
        expect(lines).toContain(call(number, number));
      });

      it('changes nothing of an error', async () => {
        const error = (id: string) =>
          `{"jsonrpc":"2.0","id":${id},"error":{"code":-32099,"message":"odd","data":${ODD}},"sibling":1.0}`;
        await raw.send(sayingText('"an error"', [error('@id')]));
        await until(() => raw.received.includes(error('"an error"')), 'the error');
      });

      it('changes nothing of the unit’s question and its answer but the id', async () => {
        const question = (id: string) => `{"jsonrpc":"2.0","id":${id},"method":"vendor/ask","params":${ODD},"x":1.0}`;
        const answer = (id: string) => `{"x":1.0,"jsonrpc":"2.0","id":${id},"result":${ODD}}`;
        await raw.send(sayingText('"asks"', [question(BIG)]));
        const asked = () => raw.received.find(text => text.includes('"method":"vendor/ask"'));
        await until(() => asked() !== undefined, 'the question');
        const id = String(parse(asked()!).id);
        expect(asked()).toBe(question(id));
        await raw.send(answer(id));
        await until(async () => (await seenByRaw(raw)).includes(answer(BIG)), 'the answer');
      });

      it('tells ids apart that are one number to a parser', async () => {
        const calls = Object.entries({
          'vendor/odd': '9007199254740993',
          'vendor/even': '9007199254740992',
          'vendor/string': '"9007199254740993"',
        });
        await Promise.all(calls.map(([method, id]) => raw.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}"}`)));
        for (const [method, id] of calls) {
          const answer = `{"jsonrpc":"2.0","id":${id},"result":{"method":"${method}"}}`;
          await until(() => raw.received.includes(answer), answer);
        }
      });
    });
  });

  it('leaves nothing behind', leavesNothing);
});

async function connectPair(unit: string, way: Way): Promise<void> {
  clients = await connect(unit, way, ['anna', 'bert']);
  [anna, bert] = clients as [NamedClient, NamedClient];
}

function connect(unit: string, way: Way, names: string[]): Promise<NamedClient[]> {
  return Promise.all(names.map(name => NamedClient.connect(name, way, gateway, query(unit, way))));
}

function query(unit: string, way: Way): string {
  return way.query.replace('NAME', unit);
}

/** Waits for the units' processes too: the pool has room for twelve of them. */
async function closeAll(): Promise<void> {
  const leaving = clients;
  clients = [];
  await Promise.all(leaving.map(client => client.close()));
  await until(async () => (await ownChildren()).length === 0, 'the children to end');
}

async function ownChildren(): Promise<number[]> {
  return (await children()).filter(pid => !others.includes(pid));
}

/** No session, no call, and no frame of a unit that nobody was waiting for. */
async function leavesNothing(): Promise<void> {
  const health = (await (await fetch(`${gateway.managementUrl}/health/gateway`)).json()) as Record<string, any>;
  expect(health.details.load).toMatchObject({ sessions: 0, callsInFlight: 0 });
  const metrics = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
  expect(metrics.split('\n').filter(line => line.startsWith('gateway_stray_frames_total'))).toEqual([]);
}

async function usePrimitives({ name, client }: NamedClient): Promise<void> {
  expect(client.getServerVersion()).toMatchObject({ name: 'mcp-servers/everything', version: '2.0.0' });
  expect(client.getServerCapabilities()).toMatchObject({ logging: {}, resources: { subscribe: true }, tasks: {} });
  expect(client.getInstructions()).toContain('Everything');
  await client.ping();

  const { tools } = await client.listTools();
  expect(tools.map(tool => tool.name)).toEqual(
    expect.arrayContaining([
      ...['echo', 'get-sum', 'trigger-long-running-operation', 'toggle-simulated-logging', 'toggle-subscriber-updates'],
      // These are there only if the client's capabilities got through, and `initialized` before `tools/list`.
      ...['get-roots-list', 'trigger-sampling-request', 'trigger-elicitation-request', 'trigger-url-elicitation'],
      ...['simulate-research-query', 'trigger-sampling-request-async', 'trigger-elicitation-request-async'],
    ]),
  );
  expect(textOf(await client.callTool({ name: 'echo', arguments: { message: name } }))).toBe(`Echo: ${name}`);
  const weather = { name: 'get-structured-content', arguments: { location: 'Chicago' } };
  expect((await client.callTool(weather)).structuredContent).toMatchObject({ conditions: expect.any(String) });
  expect(await client.callTool({ name: 'no-such-tool' })).toMatchObject({ isError: true });

  const { prompts } = await client.listPrompts();
  expect(prompts.map(prompt => prompt.name)).toEqual(expect.arrayContaining(['simple-prompt', 'args-prompt']));
  const prompt = await client.getPrompt({ name: 'args-prompt', arguments: { city: name, state: 'Ohio' } });
  expect(prompt.messages[0]!.content).toEqual({ type: 'text', text: `What's weather in ${name}, Ohio?` });

  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toContain(`${DOCUMENTS}/features.md`);
  const { resourceTemplates } = await client.listResourceTemplates();
  expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(
    'demo://resource/dynamic/text/{resourceId}',
  );
  const document = await client.readResource({ uri: `${DOCUMENTS}/features.md` });
  expect(document.contents[0]).toMatchObject({ mimeType: 'text/markdown', text: expect.stringContaining('#') });
  const uri = 'demo://resource/dynamic/blob/7';
  expect((await client.readResource({ uri })).contents[0]).toMatchObject({ uri, blob: expect.any(String) });
  await expect(client.readResource({ uri: 'demo://no/such' })).rejects.toThrow('demo://no/such');

  const { completion } = await client.complete({
    ref: { type: 'ref/prompt', name: 'completable-prompt' },
    argument: { name: 'name', value: 'E' },
    context: { arguments: { department: 'Sales' } },
  });
  expect(completion.values).toEqual(['Eve']);
}

/** A task that the server has to ask about before it can finish; its result holds what the client answered. */
async function research({ name, client, elicited }: NamedClient): Promise<void> {
  const { tasks } = client.experimental;
  const topic = `the ways of ${name}`;
  const params = { name: 'simulate-research-query', arguments: { topic, ambiguous: true }, task: { ttl: 60_000 } };
  const { task } = await client.request({ method: 'tools/call', params }, CreateTaskResultSchema);
  expect(task.status).toBe('working');
  expect(await tasks.getTask(task.taskId)).toMatchObject({ taskId: task.taskId, status: 'working' });
  const result = textOf(await tasks.getTaskResult(task.taskId, CallToolResultSchema));
  expect(result).toContain(`# Research Report: ${topic} (${name})\n`);
  expect(await tasks.getTask(task.taskId)).toMatchObject({ taskId: task.taskId, status: 'completed' });
  expect(elicited).toEqual([expect.stringContaining(`"${topic}"`)]);
}

/** The reference server lists everything on one page, except tasks: ten a page. */
async function pageThroughTasks({ client }: NamedClient): Promise<void> {
  const { tasks } = client.experimental;
  const before = (await tasks.listTasks()).tasks.map(({ taskId }) => taskId);
  const params = { name: 'simulate-research-query', arguments: { topic: 'paging' }, task: { ttl: 60_000 } };
  const create = () => client.request({ method: 'tools/call', params }, CreateTaskResultSchema);
  const created = (await Promise.all(Array.from({ length: 11 }, create))).map(({ task }) => task.taskId);

  const first = await tasks.listTasks();
  expect(first.tasks).toHaveLength(10);
  const second = await tasks.listTasks(first.nextCursor);
  expect(second.nextCursor).toBeUndefined();
  const listed = [...first.tasks, ...second.tasks].map(({ taskId }) => taskId);
  expect([...listed].sort()).toEqual([...before, ...created].sort());

  const cancelled = await Promise.all(created.map(taskId => tasks.cancelTask(taskId)));
  expect(cancelled.map(({ taskId, status }) => [taskId, status])).toEqual(created.map(id => [id, 'cancelled']));
}

function parse(line: string): Record<string, any> {
  return JSON.parse(line) as Record<string, any>;
}

/** @param params JSON text */
function notification(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":"${method}","params":${params}}`;
}

/** Makes the witness write these lines; one of them answers the call. */
async function say({ client }: NamedClient, lines: string[]): Promise<void> {
  await client.callTool({ name: 'say', arguments: { lines } });
}

/** The text of a call that makes the witness write these lines. @param id JSON text */
function sayingText(id: string, lines: string[]): string {
  const params = { name: 'say', arguments: { lines } };
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${JSON.stringify(params)}}`;
}

/** The lines that the witness has read from this client. */
async function seen(client: NamedClient): Promise<string[]> {
  return JSON.parse(await client.call('seen')) as string[];
}

let asked = 0;

async function seenByRaw(raw: RawClient): Promise<string[]> {
  const id = `seen ${++asked}`;
  await raw.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'seen' } }));
  const answer = () => raw.received.find(text => text.includes(`"id":"${id}"`));
  await until(() => answer() !== undefined, 'what the witness has seen');
  return JSON.parse(textOf(parse(answer()!).result)) as string[];
}

async function cancellations(client: NamedClient): Promise<unknown[]> {
  return (await seen(client)).map(parse).filter(({ method }) => method === 'notifications/cancelled');
}
