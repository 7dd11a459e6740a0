import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from '../../../src/cli/command.js';
import { COMMANDS } from '../../../src/cli/commands/index.js';
import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { NativeClient } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';
import { runViable, ViableCommand } from '../../support/viable-command.js';

const units = [{ name: 'echo', kind: 'echo' }];
const management = { admin_token: ADMIN_TOKEN };

interface Use {
  /** What is given, with $KEY for the key of ann and $FOLDER for a folder. */
  args: string;
  /** In what people read. */
  shows: RegExp;
  /** In the JSON. */
  has?: object;
  code?: number;
}

const FILES = { policy: 'policy.yaml', cpu: 'cpu.cpuprofile', cpuJson: 'cpu.json.cpuprofile' };

/** A use of each command, by its words. */
const USES: Readonly<Record<string, Use>> = {
  status: { args: 'status', shows: /^well: no troubles; version .+, up \d+/, has: { well: true } },
  stats: { args: 'stats', shows: /DOOR +CONNECTIONS[^]+websocket +2[^]+UNIT[^]+echo/, has: { mode: 'normal' } },
  connections: { args: 'connections', shows: /websocket +2\n[^]+mean age/, has: { total: 2 } },
  'connections old': {
    args: 'connections old --hours 0',
    shows: /CLIENT +SESSION[^]+ann /,
    has: { connections: expect.any(Array) },
  },
  'connections analysis': {
    args: 'connections analysis',
    shows: /0-1h +3/,
    has: { connection_distribution: { '0-1h': 3 } },
  },
  clients: {
    args: 'clients --sort messages --most 10',
    shows: /CLIENT[^]+ann +anonymous +websocket/,
    has: { total: 3 },
  },
  client: { args: 'client ann', shows: /connected +by websocket[^]+anonymous\\nann/, has: { client_id: 'ann' } },
  trace: {
    args: 'trace ann',
    shows: /session_opened +websocket/,
    has: { client_id: 'ann', events: expect.any(Array) },
  },
  errors: { args: 'errors ann --transport websocket', shows: /unmatched_topic|invalid_\w+/, has: { client_id: 'ann' } },
  pools: { args: 'pools', shows: /All together: healthy[^]+echo\/echo +healthy/, has: { status: 'healthy' } },
  ring: {
    args: 'ring echo',
    shows: /^echo: ring, 1 key[^]+echo\/echo +1 +150 +1 +100 %/,
    has: { units: [{ unit: 'echo' }] },
  },
  circuits: { args: 'circuits', shows: /echo\/echo +closed/, has: { instances: [{ instance: 'echo/echo' }] } },
  'circuits open': {
    args: 'circuits open websocket --why because --for 1h',
    shows: /websocket is held open/,
    has: { forced: 'open' },
  },
  'circuits close': { args: 'circuits close websocket', shows: /websocket is held closed/, has: { forced: 'closed' } },
  'circuits release': { args: 'circuits release websocket', shows: /goes by what it sees/, has: { forced: null } },
  levers: { args: 'levers', shows: /No lever is set|LEVER/, has: { settings: expect.any(Array) } },
  'levers set': {
    args: 'levers set rate_limit $KEY 500 --for 1h',
    shows: /anonymous\\nann is 500, until \d\d:/,
    has: { setting: { value: 500 } },
  },
  'levers release': {
    args: 'levers release rate_limit $KEY',
    shows: /left to the regulators|Nobody had set/,
    has: { released: false },
  },
  limit: {
    args: 'limit ann 400/s --for 10m',
    shows: /is 400, until/,
    has: { setting: { lever: 'rate_limit', value: 400 } },
  },
  mode: { args: 'mode', shows: /^mode +normal/, has: { mode: 'normal' } },
  'mode set': {
    args: 'mode set normal --for 1h',
    shows: /^mode +normal/,
    has: { mode: 'normal' },
  },
  'mode release': { args: 'mode release', shows: /^mode +normal/, has: { mode: 'normal' } },
  policy: { args: 'policy', shows: /from +\S+[^]+default: allow/, has: { policy: { default: 'allow' } } },
  'policy show': {
    args: 'policy show',
    shows: /from +\S+[^]+identity:\n {2}purpose:/,
    has: { policy: { default: 'allow' } },
  },
  'policy set': {
    args: 'policy set $FOLDER/policy.yaml',
    shows: /[-+] limits.switch_max: 5[^]+kept|in memory/,
    has: { source: 'operator' },
  },
  signals: { args: 'signals --most 5', shows: /^Open\n/, has: { open: [] } },
  trail: {
    args: 'trail --most 30',
    shows: /operator tester-of-ci|operator \w+/,
    has: { decisions: expect.any(Array) },
  },
  cleanup: { args: 'cleanup --idle 1h', shows: /Tidied away: 0 MCP sessions/, has: { sessions: 0, channels: 0 } },
  'log-level': { args: 'log-level warn --for 1h', shows: /level +warn[^]+until/, has: { level: 'warn' } },
  disconnect: {
    args: 'disconnect anna',
    shows: /anna: [01] connections? closed, 0 sessions/,
    has: { client_id: 'anna', sessions: 0 },
  },
  drain: { args: 'drain', shows: /It is drained: no calls/, has: { draining: true, calls_in_flight: 0 } },
  'profile cpu': {
    args: 'profile cpu --seconds 1 -o $FOLDER/cpu.cpuprofile',
    shows: /cpu\.cpuprofile: .*[KM]iB/,
    has: { bytes: expect.any(Number) },
  },
  // A snapshot of this process, Jest included, takes too long: the gateway in a process of its own has one taken below.
  'profile heap': { args: 'profile heap -o $FOLDER/missing/x', shows: /^$/, code: 73 },
};

/** What moves a cursor, changes colours or the direction of text; all but the end of a line. */
const CONTROL = /[^\P{C}\n]/u;
const SPOILS = '\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\r\n';

/** What stands before a gateway, and puts into each text of its answers what would break a terminal. */
async function spoiling(gateway: string): Promise<{ url: string; close(): void }> {
  const spoil = (data: unknown): unknown => {
    if (typeof data === 'string') return `${SPOILS}${data}`;
    if (Array.isArray(data)) return data.map(spoil);
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, spoil(value)]));
  };
  const server = createServer((request, response) => {
    void (async () => {
      const { method = 'GET', url, headers } = request;
      const body = await text(request);
      const answer = await fetch(`${gateway}${url}`, {
        method,
        headers: { authorization: headers.authorization ?? '', 'content-type': 'application/json' },
        body: body === '' ? undefined : body,
      });
      const { error, ...rest } = (await answer.json()) as Record<string, unknown>;
      const spoilt = { ...(spoil(rest) as object), ...(error !== undefined && { error }) };
      response.writeHead(answer.status).end(JSON.stringify(spoilt));
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

/** The words of all commands that can be given. */
function wordsOf(commands: readonly Command[], before = ''): string[] {
  return commands.flatMap(({ syntax, below = [], run }) => {
    const words = `${before}${syntax.split(' ')[0]}`;
    return [...(run ? [words] : []), ...wordsOf(below, `${words} `)];
  });
}

describe('the command line', () => {
  let gateway: RunningGateway;
  let env: Record<string, string>;
  let folder: string;
  let busy = true;
  let calls: Promise<void>;
  const clients: NativeClient[] = [];

  const viable = (line: string, more: Record<string, string> = {}) => {
    const words = line.replaceAll('$FOLDER', folder).split(' ');
    const args = words.map(word => word.replace('$KEY', 'anonymous\\nann'));
    return runViable(args, { ...env, ...more });
  };

  /** Calls a tool as long as this lasts, also where it is refused. */
  async function call(): Promise<void> {
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    while (busy) {
      await (await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } })).text();
      for (const client of clients) if (!client.isClosed) client.send({ type: 'chat', data: { body: 'x' } });
      await delay(20);
    }
    await session.delete();
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viable-command-'));
    await writeFile(join(folder, FILES.policy), 'limits:\n  switch_max: 5\n');
    gateway = await startGateway({ units, management, log_level: 'error', limits: { messages_refill: 1_000 } });
    env = { VIABLE_URL: gateway.managementUrl, MCP_ADMIN_TOKEN: ADMIN_TOKEN };
    for (const client_id of ['ann', 'anna']) clients.push(await NativeClient.join(gateway.wsUrl, { client_id }));
    await clients[0]!.say({ type: 'subscribe', topics: 7 });
    calls = call();
    await until(async () => (await admin(gateway, 'GET', '/mcp/admin/clients')).body.total === 3, 'the MCP client');
  });

  afterAll(async () => {
    busy = false;
    await calls;
    for (const client of clients) client.cut();
    await gateway.stop();
    await rm(folder, { recursive: true });
  });

  it('has a use of each command here', () => {
    expect(Object.keys(USES)).toEqual(wordsOf(COMMANDS));
  });

  it.each(Object.entries(USES))('%s', async (_, { args, shows, has, code = 0 }) => {
    const human = await viable(args);
    expect([human.code, human.code === 0 ? human.err : '']).toEqual([code, '']);
    expect(human.out).toMatch(shows);
    for (const line of human.out.split('\n')) expect([...line].length).toBeLessThanOrEqual(120);
    if (has === undefined) return;
    const json = await viable(`${args} --json`);
    expect([json.code, json.err]).toEqual([code, '']);
    expect(json.out).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(json.out)).toMatchObject(has);
  });

  it('takes back what it has done', async () => {
    expect(await viable('drain --undo')).toMatchObject({
      code: 0,
      out: expect.stringContaining('takes new work again'),
    });
    expect(await viable('limit ann off')).toMatchObject({ code: 0, out: 'ann has its own rate again.\n' });
    expect((await viable('log-level reset')).out).toMatch(/level +error\nconfigured +error\n$/);
    expect((await viable('log-level')).out).toMatch(/level +error/);
    const { body } = await admin(gateway, 'GET', '/mcp/admin/status');
    expect([body.well, body.held]).toEqual([true, []]);
  });

  it('keeps a profile to its owner', async () => {
    const file = join(folder, FILES.cpu);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ nodes: expect.any(Array) });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const piped = await viable('profile cpu --seconds 1 -o -');
    expect(JSON.parse(piped.out)).toMatchObject({ nodes: expect.any(Array) });
  });

  it('says who did what and why, in the trail', async () => {
    await viable('limit ann 300 --why loud');
    await viable('limit ann off');
    const { body } = await admin(gateway, 'GET', '/mcp/admin/trail?most=50');
    const mine = body.decisions.find(({ why, by }: any) => by === 'operator' && why === 'loud');
    expect(mine.details.who.name).toMatch(/./);
    expect(body.decisions.some(({ why }: any) => String(why).startsWith('by the command line, '))).toBe(true);
  });

  it('exits with 1 where the gateway is not well, and says for whom and what was done', async () => {
    await viable('circuits open echo/echo --why a-try');
    await until(async () => !(await admin(gateway, 'GET', '/mcp/admin/status')).body.well, 'the pain');
    const { code, out } = await viable('status');
    expect([code, out]).toEqual([1, expect.stringContaining('not well')]);
    expect(out).toMatch(/circuit echo\/echo\n +what[^]+since[^]+for[^]+done[^]+a-try/);
    await viable('circuits release echo/echo');
    await until(async () => (await admin(gateway, 'GET', '/mcp/admin/status')).body.well, 'the end of it');
  });

  it('follows a client while it is watched, and ends with that', async () => {
    const command = new ViableCommand('trace ann --messages --routing --follow --for 2s'.split(' '), env);
    expect([await command.ended, command.err]).toEqual([0, '']);
    expect(command.out).toMatch(/message_received +websocket .*size=\d+/);
    const json = new ViableCommand('trace ann --follow --messages --json'.split(' '), env);
    await json.said(/"message_received"[^]*"message_received"/);
    json.child.kill('SIGINT');
    expect([await json.ended, json.err]).toEqual([0, '']);
    for (const event of json.lines)
      expect(event).toMatchObject({ timestamp: expect.any(String), event: expect.any(String) });
    expect((await admin(gateway, 'GET', '/mcp/admin/clients/ann/trace')).body.watched).toBeNull();
  });

  it.each([
    ['stats --watch 0.2', /DOOR[^]+DOOR/],
    ['clients --watch 200ms --json', /\n[^\n]+\n/],
    ['--watch status', /well[^]+well/],
  ])('%s looks again until Ctrl-C', async (line, twice) => {
    const command = new ViableCommand(line.split(' '), env);
    await command.said(twice);
    command.child.kill('SIGINT');
    expect([await command.ended, command.err]).toEqual([0, '']);
    if (line.includes('--json')) expect(command.lines.length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['no token', 'stats', { MCP_ADMIN_TOKEN: '' }, 77, /Set MCP_ADMIN_TOKEN/],
    ['a wrong token', 'stats', { MCP_ADMIN_TOKEN: 'wrong-wrong-wrong-wrong' }, 77, /not this gateway's/],
    ['no gateway', 'stats --url http://127.0.0.1:1', {}, 69, /http:\/\/127\.0\.0\.1:1[^]+--url/],
    ['what is no gateway', 'stats', { VIABLE_URL: 'SSE' }, 69, /no gateway's management listener/],
    ['no URL', 'stats --url nonsense', {}, 64, /no URL/],
    ['an unknown client', 'client anne', {}, 66, /Did you mean anna?, anna?\?/],
    ['an unknown unit', 'ring ehco', {}, 66, /no unit "ehco"/],
    ['an unknown instance', 'circuits open echo/ecko', {}, 65, /target: [^]+Did you mean [^\n]*echo\/echo/],
    ['a mistyped command', 'clinets', {}, 64, /Did you mean clients\?/],
    ['a mistyped option', 'clients --srot lag', {}, 64, /srot/],
    ['a mistyped lever', 'levers set rate_limti x 5', {}, 64, /rate_limit/],
    ['a change that cannot be watched', 'mode release --watch', {}, 64, /watch/],
    ['no command', '--json', {}, 64, /Say what to do/],
    ['half a command', 'profile', {}, 64, /Say which/],
    ['no duration', 'cleanup --idle 10', {}, 64, /write 500ms, 30s, 10m/],
    ['no rate', 'limit ann fast', {}, 64, /no rate/],
    ['no file', 'policy set /nonexistent', {}, 66, /cannot be read/],
    ['no policy', 'policy set $FOLDER/cpu.cpuprofile', {}, 65, /./],
    ['no token file', 'stats --token-file /nonexistent', {}, 66, /token cannot be read/],
    ['a token on the line', 'stats --token x', {}, 64, /token/],
  ])('says what to do about %s', async (_, line, more: Record<string, string>, code, says) => {
    if (more.VIABLE_URL === 'SSE') more.VIABLE_URL = new URL(gateway.mcpUrl).origin;
    const { out, err, ...rest } = await viable(line, more);
    expect([rest.code, out]).toEqual([code, '']);
    expect(err).toMatch(says);
    expect(err).toMatch(/^viable: [^\n]+\n( {2}[^\n]+\n)?$/);
    expect(err).not.toContain(ADMIN_TOKEN);
  });

  it('reads its token from a file, and a policy from standard input', async () => {
    const file = join(folder, 'token');
    await writeFile(file, `${ADMIN_TOKEN}\n`);
    const set = await runViable(
      ['policy', 'set', '-', '--token-file', file],
      { VIABLE_URL: gateway.managementUrl },
      '{}',
    );
    expect([set.code, set.err]).toEqual([0, '']);
    expect(set.out).toMatch(/- limits\.switch_max: 5/);
  });

  it('tells of conflicts that they pass', async () => {
    const first = viable('profile cpu --seconds 3 -o $FOLDER/first');
    const { decisions } = {
      decisions: async (): Promise<any[]> => (await admin(gateway, 'GET', '/mcp/admin/trail?most=3')).body.decisions,
    };
    await until(
      async () =>
        (await decisions()).some(({ action, details }) => action === 'profile cpu' && details.after.seconds === 3),
      'it',
    );
    const second = await viable('profile cpu --seconds 1 -o $FOLDER/second');
    expect([second.code, second.err]).toEqual([75, expect.stringMatching(/being taken[^]+Try again in 10s/)]);
    await expect(stat(join(folder, 'second'))).rejects.toThrow();
    expect((await first).code).toBe(0);
  });

  it('ends silently where nobody reads', async () => {
    const command = new ViableCommand('clients --watch 0.05 --json'.split(' '), env);
    await command.said(/\n/);
    command.child.stdout!.destroy();
    expect([await command.ended, command.err]).toEqual([0, '']);
  });

  it('lets nothing of a gateway, or of what its clients are called, reach the terminal as it is', async () => {
    const spoilt = await spoiling(gateway.managementUrl);
    const views = Object.values(USES).filter(
      ({ has, args }) => has && !/set|open|close|release|limit|drain/.test(args),
    );
    const failing = ['client nobody', 'ring nobody', 'circuits open nobody'];
    try {
      for (const args of [...views.map(each => each.args), ...failing, 'clients --json', 'stats --json']) {
        const { code, out, err } = await viable(args, { VIABLE_URL: spoilt.url });
        expect([args, code === 70, out + err]).toEqual([args, false, expect.not.stringMatching(CONTROL)]);
        if (code === 0 && /^(status|client|trace|trail|stats)/.test(args)) expect(out).toMatch(/\\x1b|\\u001b/);
      }
      const { out } = await viable('--get-yargs-completions viable client ', {
        VIABLE_URL: spoilt.url,
        SHELL: '/bin/bash',
      });
      expect(out).not.toMatch(CONTROL);
    } finally {
      spoilt.close();
    }
  });

  it('explains itself', async () => {
    const { code, out } = await viable('--help');
    expect(code).toBe(0);
    for (const { syntax } of COMMANDS) expect(out).toContain(`viable ${syntax}`);
    expect(out).toMatch(/Exit codes: 0 done; 1 not well/);
    expect(out).toMatch(/list of\s+processes/);
    for (const words of wordsOf(COMMANDS)) expect((await viable(`${words} --help`)).out).toContain('--url');
    const { version } = JSON.parse(await readFile(resolve('package.json'), 'utf8'));
    expect((await viable('--version')).out).toBe(`${version}\n`);
  });

  it('completes commands, names and options', async () => {
    const { out } = await viable('completion', { SHELL: '/bin/bash' });
    expect(out).toContain('complete -o bashdefault');
    const offered = async (line: string, more?: Record<string, string>): Promise<string[]> =>
      (await viable(`--get-yargs-completions viable ${line}`, { SHELL: '/bin/bash', ...more })).out.split('\n');
    expect(await offered('cl')).toEqual(expect.arrayContaining(['client', 'clients']));
    expect(await offered('client an')).toEqual(expect.arrayContaining(['ann', 'anna']));
    expect(await offered('ring ')).toContain('echo');
    expect(await offered('circuits open ')).toEqual(expect.arrayContaining(['echo/echo', 'websocket']));
    expect(await offered('circuits ')).toEqual(expect.arrayContaining(['open', 'close', 'release']));
    expect(await offered('clients --so')).toContain('--sort');
    expect(await offered('client an', { VIABLE_URL: 'http://127.0.0.1:1' })).not.toContain('ann');
  });
});

describe('a gateway that the command line stops', () => {
  it('has its heap looked at, is drained while a call runs, and ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'viable-command-'));
    const slow = {
      name: 'slow',
      kind: 'mcp',
      command: process.execPath,
      args: [resolve('test/fixtures/slow-unit.mjs')],
    };
    const gateway = await GatewayProcess.spawn({ units: [slow], management });
    try {
      const { management: url, mcp } = await gateway.ready();
      const env = { VIABLE_URL: url, MCP_ADMIN_TOKEN: ADMIN_TOKEN };
      const heap = await runViable(['profile', 'heap', '-o', join(folder, 'x.heapsnapshot')], env);
      expect([heap.code, heap.err]).toEqual([0, '']);
      expect(JSON.parse(await readFile(join(folder, 'x.heapsnapshot'), 'utf8'))).toMatchObject({
        snapshot: expect.anything(),
      });
      const session = new RawSession(mcp);
      await session.initialize();
      const call = session.request('tools/call', { name: 'work', arguments: { steps: 30, ms: 200 } });
      const drain = async (): Promise<any> => (await admin({ managementUrl: url }, 'GET', '/mcp/admin/drain')).body;
      await until(async () => (await drain()).calls_in_flight === 1, 'the call');
      const impatient = await runViable(['drain', '--within', '300ms'], env);
      expect([impatient.code, impatient.err]).toEqual([75, expect.stringContaining('1 call in flight')]);
      expect((await runViable(['drain', '--undo'], env)).code).toBe(0);
      const stopped = await runViable(['drain', '--stop', '--why', 'the end'], env);
      expect(stopped).toMatchObject({ code: 0, out: 'The gateway has stopped.\n', err: '' });
      expect((await session.answerOf(await call)).result).toBeDefined();
      expect(await gateway.exited).toEqual([0, null]);
    } finally {
      await gateway.stop();
      await rm(folder, { recursive: true });
    }
  });
});
