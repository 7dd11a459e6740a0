import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DOORS, NamedClient } from '../support/clients.js';
import { RunningEverything, startEverything } from '../support/everything.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { openRaw } from '../support/raw-client.js';
import { complaints, echoes, ownLog, ownProgress, ownSampling, ownUpdates } from '../support/scenarios.js';
import { until } from '../support/until.js';

/** The reference server as a remote unit; the gateway is told its URL and nothing else. */
const MODES = [
  {
    unit: 'Streamable HTTP',
    mode: 'streamableHttp',
    opened: /Session initialized with ID: (\S+)/g,
    closed: /Transport closed for session ([\w-]+)/g,
  },
  {
    unit: 'HTTP+SSE',
    mode: 'sse',
    opened: /Client Connected: +(\S+)/g,
    closed: /Client Disconnected: +(\S+)/g,
  },
] as const;

describe.each(MODES)('server-everything over $unit, transport auto', ({ mode, opened, closed }) => {
  let everything: RunningEverything;
  let gateway: RunningGateway;

  beforeAll(async () => {
    everything = await startEverything(mode);
    gateway = await startGateway({
      units: [{ name: 'everything', kind: 'mcp', transport: 'auto', url: everything.url }],
      // Sessions are counted: nobody else is to open one.
      health: { interval: 0 },
      regulation: { audit_interval: 0 },
    });
  });

  afterAll(async () => {
    await gateway?.stop();
    await everything?.stop();
  });

  const sessions = (pattern: RegExp) => [...everything.output().matchAll(pattern)].map(([, id]) => id).sort();

  describe.each(DOORS)('through $door', door => {
    let pair: [NamedClient, NamedClient];

    beforeAll(async () => {
      const connect = (name: string) => NamedClient.connect(name, door, gateway);
      pair = await Promise.all([connect('anna'), connect('bert')]);
    });

    afterEach(() => expect(complaints(pair)).toEqual([]));

    afterAll(async () => {
      await Promise.all((pair ?? []).map(client => client.close()));
      await until(() => sessions(closed).length === sessions(opened).length, 'the sessions at the unit to end');
      expect(sessions(closed)).toEqual(sessions(opened));
    });

    it('lists tools, those that depend on the client’s capabilities among them', async () => {
      for (const { client } of pair) {
        const names = (await client.listTools()).tools.map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(['echo', 'trigger-sampling-request', 'simulate-research-query']));
      }
    });

    it('gives each of 40 calls at once its own answer', async () => {
      await Promise.all(pair.map(client => echoes(client, 20)));
    });

    it('brings each client the progress of its own operation', () => ownProgress(pair));

    it('puts a sampling request to the client that made the call', () => ownSampling(pair));

    it('sends log messages to nobody but the client that asked', () => ownLog(pair));

    it('sends resource updates to nobody but the subscriber', () => ownUpdates(pair));
  });

  it('has opened a session at the unit for each client’s', () => {
    expect(sessions(opened)).toHaveLength(2 * DOORS.length);
  });
});

/** How a unit refuses without having read the id, with numbers that a parser would change. */
const REFUSAL = {
  error: '{"code":-32000,"message":"Bad Request","data":{"n":12345678901234567890,"f":1.0}}',
  status: 400,
};

const INITIALIZED = { capabilities: { tools: {} }, serverInfo: { name: 'patient', version: '1.0.0' } };

/**
 * A remote unit that takes its time: it accepts `initialized` after a while, and never answers a tool call. Over
 * Streamable HTTP such a call gets an event stream of its own.
 */
class PatientUnit {
  readonly server = createServer((request, response) => void this.serve(request, response));
  /** How many streams of calls were opened, and how many of them were let go. */
  readonly streams = { opened: 0, closed: 0 };
  /** The methods it has dealt with. */
  readonly methods: string[] = [];
  /** Of HTTP+SSE, which answers here and not to the POST. */
  private events: ServerResponse | undefined;

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/sse') return this.listen(response);
    if (request.method !== 'POST' || request.url === '/sse') return void response.writeHead(405).end();
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { id, method, params } = JSON.parse(body) as Record<string, any>;
    if (method === 'notifications/initialized') await delay(100);
    this.methods.push(method as string);
    if (id === undefined) return void response.writeHead(202).end();
    if (method === 'tools/call') return this.open(response);
    if (method === 'vendor/refused') return this.refuse(response);
    const result = method === 'initialize' ? { ...INITIALIZED, protocolVersion: params.protocolVersion } : {};
    this.answer(response, JSON.stringify({ jsonrpc: '2.0', id, result }));
  }

  private listen(response: ServerResponse): void {
    this.events = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\ndata: /messages\n\n');
  }

  private open(response: ServerResponse): void {
    this.streams.opened++;
    response.on('close', () => this.streams.closed++);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  }

  private refuse(response: ServerResponse): void {
    response.writeHead(REFUSAL.status, { 'content-type': 'application/json' });
    response.end(`{"jsonrpc":"2.0","error":${REFUSAL.error},"id":null}`);
  }

  private answer(response: ServerResponse, text: string): void {
    if (!this.events) return void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    response.writeHead(202).end();
    this.events.write(`event: message\ndata: ${text}\n\n`);
  }
}

describe('a remote unit that takes its time', () => {
  let unit: PatientUnit;
  let gateway: RunningGateway;

  beforeEach(async () => {
    unit = new PatientUnit();
    const origin = await unit.start();
    const remote = (name: string) => ({ name, kind: 'mcp', url: `${origin}/${name}` });
    gateway = await startGateway({ units: [remote('mcp'), remote('sse')] });
  });

  afterEach(async () => {
    await gateway?.stop();
    await unit?.stop();
  });

  describe.each([
    { transport: 'Streamable HTTP', query: '?unit=mcp' },
    { transport: 'HTTP+SSE', query: '?unit=sse' },
  ])('over $transport', ({ query }) => {
    it.each(DOORS)('has dealt with `initialized` before the first request of a client at $door', async door => {
      const anna = await NamedClient.connect('anna', door, gateway, query);
      try {
        await anna.client.ping();
        expect(unit.methods).toEqual(['initialize', 'notifications/initialized', 'ping']);
      } finally {
        await anna.close();
      }
    });
  });

  it.each(DOORS)('over Streamable HTTP gets no socket stuck by a call cancelled at $door', async door => {
    const anna = await NamedClient.connect('anna', door, gateway, '?unit=mcp');
    try {
      const abort = new AbortController();
      const call = anna.client.callTool({ name: 'any' }, undefined, { signal: abort.signal });
      await until(() => unit.streams.opened === 1, 'the call to be at the unit');
      abort.abort('not wanted any more');
      await expect(call).rejects.toThrow('not wanted any more');
      await until(() => unit.methods.includes('notifications/cancelled'), 'the unit to hear of it');
      await until(() => unit.streams.closed === 1, 'the stream to be let go', 2_000);
    } finally {
      await anna.close();
    }
  });

  it.each(DOORS)('over Streamable HTTP refuses with an error that arrives unchanged at $door', async door => {
    const raw = await openRaw(door, gateway, '?unit=mcp');
    try {
      await raw.send('{"jsonrpc":"2.0","id":"refused","method":"vendor/refused"}');
      await until(() => raw.received.length === 2, 'the refusal');
      expect(raw.received[1]).toContain(`"error":${REFUSAL.error}`);
      expect(JSON.parse(raw.received[1]!)).toMatchObject({ jsonrpc: '2.0', id: 'refused' });
    } finally {
      raw.close();
    }
  });
});
