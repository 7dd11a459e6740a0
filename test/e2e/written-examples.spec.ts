import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SignJWT } from 'jose';
import { Chromium, chromiumMissing, RunningPage } from '../support/chromium.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { Network } from '../support/network.js';
import { numbersIn, publishNumbered, range } from '../support/numbered.js';
import { broadcast, publish } from '../support/publisher.js';
import { pythonMissing, runPython } from '../support/python.js';
import { describeWith } from '../support/requirement.js';
import { rubyMissing, runRuby } from '../support/ruby.js';
import { ExampleProcess, RunningExample } from '../support/running-example.js';
import { Scratch } from '../support/scratch.js';
import { until } from '../support/until.js';
import { WebSite } from '../support/web-site.js';

// Browsers and interpreters start slowly on a busy machine; each wait has a limit of its own below this.
/*
 * Clients that were written for another gateway of this kind, against Phoenix and event streams, letter by letter:
 * whoever comes from there must not have to change them. Pages find the gateway on their own host, as behind an Ingress.
 * What an example leaves to its application (a token, a handler, who connects) is put before or after it.
 */

const EXAMPLES = resolve('test/fixtures/examples');
const written = (file: string): string => readFileSync(join(EXAMPLES, file), 'utf8');

const units = [{ name: 'echo', kind: 'echo' }];
let gateway: RunningGateway;
let network: Network;
const running: RunningExample[] = [];

/** A new gateway for each: many of these clients have the same name. */
async function start(config: object = {}): Promise<void> {
  gateway = await startGateway({ units, ...config });
  network = await Network.before(gateway);
}
afterEach(async () => {
  await Promise.all(running.splice(0).map(example => example.stop()));
  await network.stop();
  await gateway.stop();
});

const lineOf = ({ lines }: RunningExample, what: RegExp): string | undefined => lines.find(line => what.test(line));
const count = ({ lines }: RunningExample, what: RegExp): number => lines.filter(line => what.test(line)).length;

/** Waits for a line, and tells what there was instead. */
async function says(example: RunningExample, what: RegExp, times = 1): Promise<void> {
  try {
    await until(() => count(example, what) >= times, `${what}`);
  } catch (thrown) {
    throw new Error(`${String(thrown)}; it said:\n${example.lines.slice(-40).join('\n')}`, { cause: thrown });
  }
}

const heard = (example: RunningExample, number: number, line: RegExp): Promise<void> =>
  says(example, new RegExp(`${line.source}.*\\bm-${number}\\b`));

/** What comes while it is there, and what was published while it was away; nothing is lost. */
async function receives(
  example: RunningExample,
  clientId: string,
  line: RegExp,
  member: 'payload' | 'data' = 'payload',
): Promise<void> {
  await publishNumbered(gateway.sseUrl, clientId, 0, 9, member);
  await heard(example, 9, line);
  network.down();
  await publishNumbered(gateway.sseUrl, clientId, 10, 19, member);
  await network.missed();
  network.up();
  await heard(example, 19, line);
  expect([...new Set(numbersIn(example, line))]).toEqual(range(0, 19));
}

/** For those that say where they stopped, or leave out what they have had. */
async function receivesOnce(example: RunningExample, clientId: string, line: RegExp): Promise<void> {
  await receives(example, clientId, line);
  expect(numbersIn(example, line)).toEqual(range(0, 19));
}

describeWith(chromiumMissing, 'in a page', () => {
  let chromium: Chromium;
  let site: WebSite;
  beforeAll(async () => {
    chromium = await Chromium.launch();
  });
  beforeEach(async () => {
    await start();
    site = await WebSite.start(() => network);
  });
  afterEach(() => site.stop());
  afterAll(() => chromium.stop());

  async function open(file: string, before = '', after = ''): Promise<RunningPage> {
    const page = await chromium.open(site.page(`${before}\n${written(file)}\n${after}`));
    running.push(page);
    return page;
  }

  const PHOENIX = "import { Socket } from 'phoenix';";
  /** Shows what comes over a channel. */
  const SHOW = "channel.onMessage = (event, payload) => (console.log('came', event, payload), payload);";
  const answered = /^came phx_reply \{"status":"ok"/;

  describe('an EventSource', () => {
    it('connects, receives and resumes', async () => {
      const page = await open('event-source.js');
      await says(page, /^Connected: \{.*"epoch"/);
      await receivesOnce(page, 'user123', /^Message:/);
    });

    it('that makes itself anew connects, receives and comes back', async () => {
      const page = await open('robust-event-source.js');
      await says(page, /^Connected!/);
      await receives(page, 'user123', /^Message:/);
      expect(lineOf(page, /^Reconnecting in \d+ms/)).toBeDefined();
    });

    it('is told more with debug=true', async () => {
      const page = await open('debugging-event-source.js');
      await says(page, /^SSE connected:/);
      await publishNumbered(gateway.sseUrl, 'debug_user', 0, 2);
      await says(page, /^SSE message:/, 3);
      await says(page, /^Debug info: \{/);
      network.down();
      await publishNumbered(gateway.sseUrl, 'debug_user', 3, 4);
      await network.missed();
      network.up();
      await says(page, /^SSE connected:/, 2);
      await says(page, /^SSE message:/, 5);
      expect(count(page, /^SSE message:/)).toBe(5);
    });

    it('in place of polling gets the events that the publisher names', async () => {
      const page = await open(
        'migrated-polling.js',
        `const clientId = 'user123';
         const renderData = data => console.log('rendered', data);
         const applyUpdate = update => console.log('applied', update);`,
        'loadInitialData();',
      );
      await says(page, /^rendered \{"from":"REST"\}/);
      const update = (number: number) => ({ event: 'data_update', type: 'update', payload: { body: `m-${number}` } });
      await until(async () => (await publish(gateway.sseUrl, 'user123', update(0))).status === 200, 'its session');
      await heard(page, 0, /^applied/);
      network.down();
      await publish(gateway.sseUrl, 'user123', [update(1), update(2)]);
      await network.missed();
      network.up();
      await heard(page, 2, /^applied/);
      expect(numbersIn(page, /^applied/)).toEqual(range(0, 2));
      expect(JSON.parse(lineOf(page, /^applied/)!.slice('applied '.length))).toMatchObject({
        sequence: 0,
        event: 'data_update',
        payload: { body: 'm-0' },
      });
    });
  });

  describe('a channel', () => {
    it('joins, receives, pushes and comes back; what comes again has the sequence that it had', async () => {
      const page = await open('phoenix-channel.js', '', SHOW);
      await says(page, /^Joined successfully \{.*"session_id"/);
      await says(page, answered, 2);
      await receives(page, 'user123', /^Received:/);
      const received = page.lines
        .filter(line => line.startsWith('Received: '))
        .map(line => JSON.parse(line.slice('Received: '.length)));
      for (const { sequence, payload } of received) expect(payload).toEqual({ body: `m-${sequence}` });
    });

    it('is kept alive by pings', async () => {
      const faster = 'const every = setInterval; globalThis.setInterval = (call, ms) => every(call, ms / 100);';
      const join = `const channel = socket.channel('mcp:gateway', {});
        ${SHOW}
        channel.on('message', message => console.log('received', message));
        socket.connect();
        channel.join();`;
      const page = await open('keep-alive.js', `${PHOENIX} const clientId = 'user123'; ${faster}`, join);
      await says(page, answered, 4);
      expect(lineOf(page, /^came phx_reply \{"status":"error"/)).toBeUndefined();
      await receives(page, 'user123', /^received/);
      const before = count(page, answered);
      await says(page, answered, before + 2);
    });

    it('puts messages in order, and leaves out those that come again', async () => {
      const page = await open(
        'message-sequencer.js',
        PHOENIX,
        `const socket = new Socket('/mcp/ws', { params: { client_id: 'user123' } });
         const channel = socket.channel('mcp:gateway', {});
         const sequencer = new MessageSequencer();
         sequencer.onMessage = payload => console.log('processed', payload);
         channel.on('message', message => sequencer.handleMessage(message));
         ${SHOW}
         socket.connect();
         channel.join();`,
      );
      await says(page, answered);
      await receivesOnce(page, 'user123', /^processed/);
    });

    it('acknowledges one by one; what it has acknowledged does not come again', async () => {
      const page = await open(
        'flow-controlled-client.js',
        `${PHOENIX} const processAsync = async message => console.log('processed', message);`,
        `const socket = new Socket('/mcp/ws', { params: { client_id: 'user123' } });
         const channel = socket.channel('mcp:gateway', {});
         ${SHOW}
         new FlowControlledClient(channel);
         socket.connect();
         channel.join();`,
      );
      await says(page, answered);
      await publishNumbered(gateway.sseUrl, 'user123', 0, 9);
      await says(page, answered, 11);
      network.down();
      await publishNumbered(gateway.sseUrl, 'user123', 10, 19);
      await network.missed();
      network.up();
      await heard(page, 19, /^processed/);
      expect(numbersIn(page, /^processed/)).toEqual(range(0, 19));
      await says(page, answered, 22);
    });

    it('logs what passes', async () => {
      const page = await open(
        'debugging-socket.js',
        PHOENIX,
        "const channel = socket.channel('mcp:gateway', {}); socket.connect(); channel.join();",
      );
      await says(page, /^receive: ok mcp:gateway phx_reply/);
      await receives(page, 'debug_user', /^receive:/);
      expect(lineOf(page, /^Socket closed/)).toBeDefined();
    });

    it('that was a room is subscribed to the topic of that name', async () => {
      const page = await open('migrated-channel.js', "const userToken = 'token';", SHOW);
      await says(page, /^Joined MCP Gateway/);
      await broadcast(gateway.sseUrl, { topic: '124', payload: { body: 'm-0' } });
      await broadcast(gateway.sseUrl, { topic: '123', payload: { body: 'm-1' } });
      await heard(page, 1, /^came message/);
      network.down();
      await broadcast(gateway.sseUrl, { topic: '123', payload: { body: 'm-2' } });
      await network.missed();
      network.up();
      await says(page, /^Joined MCP Gateway/, 2);
      await heard(page, 2, /^came message/);
      expect([...new Set(numbersIn(page, /^came message/))]).toEqual([1, 2]);
      const last = page.lines.findLast(line => line.startsWith('came message '))!;
      expect(JSON.parse(last.slice('came message '.length))).toMatchObject({ topic: '123', payload: { body: 'm-2' } });
    });

    it('with events of old reads and writes messages by their type', async () => {
      const page = await open(
        'migrated-events.js',
        `${PHOENIX}
         const socket = new Socket('/mcp/ws', { params: { client_id: 'user123' } });
         const channel = socket.channel('mcp:gateway', {});
         ${SHOW}
         socket.connect();
         channel.join();`,
      );
      await says(page, answered, 2);
      await publish(gateway.sseUrl, 'user123', { type: 'other', payload: { body: 'm-100' } });
      await receives(page, 'user123', /^\{"body"/, 'data');
    });

    it('comes back under its own name', async () => {
      const page = await open(
        'connection-tracking.js',
        `${PHOENIX}
         const generateClientId = () => crypto.randomUUID();
         const socket = new Socket('/mcp/ws', { params: () => ({ client_id: clientId }) });
         const channel = socket.channel('mcp:gateway', {});
         ${SHOW}`,
        'console.log("named", clientId); socket.connect(); channel.join();',
      );
      await says(page, answered);
      const clientId = lineOf(page, /^named/)!.slice('named '.length);
      network.down();
      await says(page, /^Connection error, will reconnect with same client_id/);
      await network.missed();
      network.up();
      await says(page, answered, 2);
      await receives(page, clientId, /^came message/);
    });

    it('in place of a WebSocket joins, receives and comes back', async () => {
      const page = await open(
        'migrated-web-socket.js',
        `${PHOENIX}
         const [clientId, userToken] = ['user123', 'token'];
         const handleMessage = message => console.log('handled', message);`,
        `${SHOW} socket.connect(); channel.join();`,
      );
      await says(page, answered);
      await receives(page, 'user123', /^handled/);
    });

    it('joins by its own parameters, and comes back when it likes', async () => {
      const page = await open(
        'reconnection.js',
        PHOENIX,
        `const channel = socket.channel('mcp:gateway', { client_id: 'user123' });
         ${SHOW}
         socket.connect();
         channel.join();`,
      );
      await says(page, answered);
      await receives(page, 'user123', /^came message/);
    });
  });

  describe('a channel that is refused', () => {
    const SECRET = 'a-secret-of-more-than-thirty-two-characters';
    const token = (expires: number): Promise<string> =>
      new SignJWT({ sub: 'user123' })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime(Math.floor(Date.now() / 1000) + expires)
        .sign(new TextEncoder().encode(SECRET));

    beforeEach(async () => {
      await network.stop();
      await gateway.stop();
      await start({ auth: { token: 'publisher', jwt: { secret: SECRET } } });
    });

    /** An object as `params` is what phoenix reads at each connection; the example itself changes another one. */
    const application = (first: string, next: string): string => `${PHOENIX}
      const params = { client_id: 'user123', token: '${first}' };
      const socket = new Socket('/mcp/ws', { params });
      const channel = socket.channel('mcp:gateway', {});
      ${SHOW}
      const refreshToken = async () => {
        console.log('refreshed');
        return (params.token = '${next}');
      };
      socket.connect();`;

    it('because its token has expired gets another one and joins', async () => {
      const page = await open('refused-join.js', application(await token(-60), await token(600)));
      await says(page, answered);
      const refusal = lineOf(page, /^came phx_reply \{"status":"error"/)!;
      expect(JSON.parse(refusal.slice('came phx_reply '.length)).response).toEqual({
        error: 'authentication_failed',
        reason: 'token_expired',
        message: expect.any(String),
        retry_after: null,
      });
      expect(count(page, /^refreshed/)).toBe(1);
      const { status } = await publish(gateway.sseUrl, 'user123', { payload: { body: 'm-0' } }, 'publisher');
      expect(status).toBe(200);
      await heard(page, 0, /^came message/);
    });

    it('because its token is worth nothing goes to the login', async () => {
      const page = await open('refused-join.js', application('worthless', 'unused'));
      await until(() => page.page.url().endsWith('/login'), 'the login');
      const refusal = lineOf(page, /^came phx_reply \{"status":"error"/)!;
      expect(JSON.parse(refusal.slice('came phx_reply '.length)).response).toMatchObject({
        error: 'authentication_failed',
        reason: 'invalid_token',
        retry_after: null,
      });
      expect(count(page, /^refreshed/)).toBe(0);
    });
  });
});

const RECEIVED = /[Rr]eceived/;

/** These end when their connection does, and are started again; what came before may come again. */
async function receivesOverRuns(run: () => Promise<ExampleProcess>, joined: RegExp, id: string): Promise<void> {
  const first = await run();
  await says(first, joined);
  await publishNumbered(gateway.sseUrl, id, 0, 9);
  await heard(first, 9, RECEIVED);
  expect(numbersIn(first, RECEIVED)).toEqual(range(0, 9));
  network.down();
  await until(() => first.ended, 'its end');
  await publishNumbered(gateway.sseUrl, id, 10, 19);
  network.up();
  const second = await run();
  await heard(second, 19, RECEIVED);
  const both = [...numbersIn(first, RECEIVED), ...numbersIn(second, RECEIVED)];
  expect([...new Set(both)]).toEqual(range(0, 19));
}

const addressed = async (scratch: Scratch, file: string): Promise<string> =>
  scratch.file(file, network.addressed(written(file)));

async function started(example: Promise<ExampleProcess>): Promise<ExampleProcess> {
  running.push(await example);
  return example;
}

describeWith(pythonMissing, 'in Python', () => {
  let scratch: Scratch;
  beforeEach(async () => {
    await start();
    scratch = await Scratch.make();
  });
  afterEach(() => scratch.remove());

  it('an event stream connects and receives', async () => {
    const path = await addressed(scratch, 'client.py');
    const run = (): Promise<ExampleProcess> => started(runPython(path));
    await receivesOverRuns(run, /^Connected: \{/, 'python_client');
    expect(lineOf(running[0]!, /^SSE Error:/)).toBeDefined();
  });

  it('a WebSocket joins, receives and pushes', async () => {
    const path = await addressed(scratch, 'client.py');
    const run = (): Promise<ExampleProcess> => started(runPython(join(EXAMPLES, 'drive.py'), path));
    await receivesOverRuns(run, /^Successfully joined channel/, 'python_client');
    // It takes any answer for the one to its join: this is the second, to what it pushed.
    for (const example of running) await says(example, /^Successfully joined channel/, 2);
  });
});

describeWith(rubyMissing, 'in Ruby', () => {
  let scratch: Scratch;
  beforeEach(async () => {
    await start();
    scratch = await Scratch.make();
  });
  afterEach(() => scratch.remove());

  it('a WebSocket joins, receives and pushes', async () => {
    const path = await addressed(scratch, 'client.rb');
    const run = (): Promise<ExampleProcess> => started(runRuby(join(EXAMPLES, 'drive.rb'), path));
    await receivesOverRuns(run, /^Connected to gateway!/, 'ruby_client');
    expect(lineOf(running[0]!, /^Connection closed: 1006/)).toBeDefined();
    const [, second] = running as ExampleProcess[];
    second!.say(JSON.stringify(['request', { value: 42 }]));
    await says(second!, /^answer [\da-f-]{36} .*"status"=>"ok"/);
  });
});
