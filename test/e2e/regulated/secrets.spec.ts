import { request } from 'node:http';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { admin } from '../../support/admin.js';
import { Canaries } from '../../support/canaries.js';
import { EventClient, messagesOf, NativeClient, PhoenixClient, publish } from '../../support/channel-clients.js';
import { GatewayProcess } from '../../support/gateway-process.js';
import { Doors } from '../../support/outages.js';
import { factsOfLogPage } from '../../support/log-page.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

const UNIT = { kind: 'mcp', command: process.execPath, args: [`${process.cwd()}/test/fixtures/talkative-unit.mjs`] };
/** What the gateway answers questions about itself by. */
const PAGES = [
  '/metrics',
  '/mcp/stats',
  '/health/gateway',
  '/mcp/admin/trail',
  '/mcp/admin/signals',
  '/mcp/admin/levers',
];
/** A line of a unit's stderr: the unit's own words, for which it answers. */
const OWN_WORDS = /"msg":"unit"/;

/** A gateway to which secrets and payloads come in every way there is. */
class Visited {
  readonly canaries = new Canaries();
  private readonly made = (what: string, before?: string): string => this.canaries.make(what, before);
  private readonly adminToken = this.made('admin token');
  private readonly staticToken = this.made('static token');
  private readonly jwtSecret = this.made('JWT secret', 'at-least-thirty-two-');
  private jwt = '';
  gateway!: GatewayProcess;
  doors!: Doors;

  async start(level: string): Promise<void> {
    const { made } = this;
    const secret = `whsec_${Buffer.from(made('webhook secret')).toString('base64')}`;
    this.canaries.note('webhook secret, as it is given', secret);
    const hook = `http://user:${made('password of the webhook')}@127.0.0.1:9/hook?key=${made('key of the webhook')}`;
    this.gateway = await GatewayProcess.spawn(
      {
        log_level: level,
        management: { admin_token: this.adminToken },
        auth: { token: this.staticToken, jwt: { secret: this.jwtSecret } },
        // The port of discard: nobody listens.
        regulation: { interval: 100, report_interval: 300, audit_interval: 500, webhook: { url: hook, secret } },
        units: [
          { name: 'talkative', ...UNIT, env: { API_KEY: made('env of a unit') } },
          {
            ...{ name: 'remote', kind: 'mcp', headers: { Authorization: `Bearer ${made('header of a unit')}` } },
            url: `http://user:${made('password of a unit')}@127.0.0.1:9/mcp?key=${made('key of a unit')}`,
          },
        ],
        routes: [{ type: '*', unit: 'talkative', tool: 'fail' }],
      },
      { VARIABLE: made('variable of the gateway') },
    );
    const { mcp, sse, websocket, management } = await this.gateway.ready();
    this.doors = { mcpUrl: mcp, sseUrl: sse, wsUrl: websocket, managementUrl: management };
    const key = new TextEncoder().encode(this.jwtSecret);
    const claims = new SignJWT({ sub: 'alice', role: 'operator', scope: '*' }).setProtectedHeader({ alg: 'HS256' });
    this.jwt = this.canaries.note('JWT', await claims.setExpirationTime('1h').sign(key));
  }

  async mcp(): Promise<void> {
    const { made, canaries } = this;
    const { mcpUrl } = this.doors;
    const session = new RawSession(`${mcpUrl}?unit=talkative`, undefined, { authorization: `Bearer ${this.jwt}` });
    await session.initialize();
    canaries.note('Mcp-Session-Id', session.id!);
    const call = async (name: string, args: object): Promise<any> =>
      session.answerOf(await session.request('tools/call', { name, arguments: args }));
    expect((await call('fail', { text: made('error of a unit') })).error.code).toBe(-32000);
    expect((await call('echo', { text: made('argument and result') })).result).toBeDefined();
    expect((await call('garble', { text: made('line that is no message') })).result).toBeDefined();
    expect((await call('mumble', { name: 'API_KEY' })).result).toBeDefined();
    await (await session.request('resources/read', { uri: `file:///${made('resource')}` })).text();
    await (await session.request('prompts/get', { name: 'p', arguments: { who: made('prompt') } })).text();
    await (await session.request('completion/complete', { argument: { value: made('completion') } })).text();
    await (await session.post(`{"jsonrpc":"2.0","id":1,"method":${made('malformed JSON')}`)).text();
    await (await session.get(made('Last-Event-ID'))).body?.cancel();
    expect((await call('die', { text: made('argument of a call that dies') })).error).toBeDefined();
    const byQuery = new RawSession(`${mcpUrl}?token=${this.staticToken}`);
    await byQuery.initialize();
    canaries.note('Mcp-Session-Id by ?token=', byQuery.id!);
    await byQuery.answerOf(await byQuery.request('tools/call', { name: made('tool'), arguments: {} }));
    await byQuery.answerOf(
      await byQuery.request('tools/call', { name: 'remote__x', arguments: { a: made('never sent') } }),
    );
    const wrong = new RawSession(`${mcpUrl}?token=${made('wrong token in a query')}`);
    wrong.extra.authorization = `Bearer ${made('wrong bearer')}`;
    wrong.id = made('wrong Mcp-Session-Id');
    expect((await wrong.request('tools/list')).status).toBe(401);
    const lost = new RawSession(mcpUrl, undefined, { authorization: `Bearer ${this.jwt}` });
    lost.id = made('Mcp-Session-Id of nobody');
    expect((await lost.request('tools/list')).status).toBe(404);
    await broken(mcpUrl, made('path'), { cookie: made('cookie'), 'x-api-key': made('header of a client') });
  }

  async channels(): Promise<void> {
    const { made, canaries } = this;
    const { wsUrl, sseUrl, mcpUrl } = this.doors;
    const token = this.staticToken;
    const native = await NativeClient.join(wsUrl, { client_id: 'n', token, scopes: ['vsm'] });
    canaries.note('resume token', native.welcome.resume_token);
    canaries.note('session_id', native.welcome.session_id);
    await native.say({ type: 'chat', data: { text: made('message of a native client') } });
    await native.say({ type: 'subscribe', data: { topics: made('wrong topics') } });
    native.send(`{"type":${made('malformed frame')}`);
    native.send(Buffer.from(made('binary frame')));
    const bearer = { authorization: `Bearer ${this.jwt}` };
    const message = { payload: { text: made('published message') }, id: 'm1' };
    expect((await publish(mcpUrl, messagesOf('n'), message, bearer)).status).toBe(200);
    await publish(mcpUrl, messagesOf('n'), `{"payload":${made('malformed publication')}`, bearer);
    await publish(mcpUrl, 'broadcast', { payload: made('broadcast') }, bearer);
    await native.got(1);
    native.cut();
    const again = await NativeClient.join(wsUrl, { resume_token: native.welcome.resume_token, token });
    canaries.note('second resume token', again.welcome.resume_token);
    const refused = await NativeClient.open(wsUrl);
    refused.send({ type: 'hello', data: { client_id: 'x', token: made('wrong token in hello') } });
    await refused.ended();
    const unknown = await NativeClient.open(wsUrl);
    unknown.send({ type: 'hello', data: { resume_token: made('wrong resume token'), token } });
    await unknown.ended();
    const phoenix = await PhoenixClient.open(wsUrl, { token: made('wrong token in socket params') });
    await phoenix.push('phx_join', { client_id: 'p', token: made('wrong token in a join') });
    expect((await phoenix.push('phx_join', { client_id: 'p', token })).status).toBe('ok');
    await phoenix.push('message', { type: 'chat', data: made('message of a Phoenix client') });
    const stream = await EventClient.open(sseUrl, { client_id: 's', token });
    canaries.note('resume token of a stream', stream.welcome.resume_token);
    await stream.post(`[{"type":${made('malformed post')}`).catch(() => undefined);
    const last = { 'last-event-id': made('Last-Event-ID of a stream'), ...bearer };
    const { client } = await EventClient.request(sseUrl, { client_id: 's2' }, last);
    await subprotocol(wsUrl, this.jwt);
    await subprotocol(wsUrl, made('wrong token in a subprotocol'));
    for (const each of [again, phoenix, stream, client]) each.leave();
  }

  async administration(): Promise<void> {
    const { made } = this;
    const wrong = { authorization: `Bearer ${made('wrong admin token')}` };
    expect((await admin(this.doors, 'GET', '/mcp/admin/levers', undefined, wrong)).status).toBe(401);
    await this.ask('POST', '/mcp/admin/mode', `{"mode":${made('malformed request of an operator')}`);
    await this.ask('POST', '/mcp/admin/levers', { lever: made('wrong lever'), [made('unknown key')]: 1 });
  }

  /** A configuration with mistakes beside secrets, read while it runs. */
  async reload(): Promise<void> {
    const { made, gateway } = this;
    const { writeFile } = await import('node:fs/promises');
    const wrong = {
      management: { admin_token: this.canaries.note('token that is too short', 'sh0rT-t0keN') },
      auth: { token: made('token with a space').replace(/^./, ' '), jwt: { secret: ['x', made('secret in a list')] } },
      regulation: { webhook: { url: `nonsense:${made('wrong URL')}@x`, secret: 7 } },
      units: [{ name: 'talkative', ...UNIT, env: { KEY: [made('env in a list')] }, headers: made('headers') }],
    };
    await writeFile(gateway.configFile, JSON.stringify(wrong));
    gateway.child.kill('SIGHUP');
    await until(() => gateway.stdout.includes('is not taken'), 'the refusal of the configuration');
  }

  ask(method: string, path: string, body?: unknown): ReturnType<typeof admin> {
    return admin(this.doors, method, path, body, { authorization: `Bearer ${this.adminToken}` });
  }

  /** The log, and all else that was written. */
  get written(): string {
    return this.gateway.stdout + this.gateway.stderr;
  }
}

/** A request as no library makes it, to the end of the connection. */
function broken(url: string, path: string, headers: Record<string, string>): Promise<void> {
  return new Promise(done => {
    const asked = request(`${url}/${path}`, { headers }, response => response.resume().on('close', () => done()));
    asked.on('error', () => done()).end();
  });
}

/** Opens with credentials as browsers can send them, and leaves. */
function subprotocol(url: string, token: string): Promise<void> {
  const socket = new WebSocket(url, ['mcp', `base64url.bearer.phx.${Buffer.from(token).toString('base64url')}`]);
  return new Promise(done => {
    socket.on('open', () => socket.close());
    socket.on('error', () => undefined);
    socket.on('close', () => done());
  });
}

describe.each(['info', 'debug', 'trace'])('secrets and payloads, at log level %s', level => {
  const visited = new Visited();

  beforeAll(async () => {
    await visited.start(level);
    await visited.mcp();
    await visited.channels();
    await visited.administration();
    await visited.reload();
  });
  afterAll(() => visited.gateway.stop());

  it('are on none of the pages about the gateway', async () => {
    for (const page of PAGES) {
      const response = await fetch(`${visited.doors.managementUrl}${page}`);
      const text = response.ok ? await response.text() : JSON.stringify((await visited.ask('GET', page)).body);
      expect([page, text.length > 2, visited.canaries.in(text)]).toEqual([page, true, []]);
    }
  });

  it('are not in the log', async () => {
    visited.gateway.child.kill('SIGTERM');
    await visited.gateway.exited;
    expect(visited.written.split('\n').length).toBeGreaterThan(level === 'info' ? 10 : 30);
    // What could tell too much was told.
    for (const told of ['session_opened', 'link_failed', 'could not be taken', 'is not taken', '"stderr":'])
      expect(visited.written).toContain(told);
    expect(visited.canaries.in(visited.written)).toEqual([]);
  });

  it('are not needed to say what belongs together: facts have the fields that docs/LOGS.md names', () => {
    const facts = factsOfLogPage();
    const wrong = visited.gateway.lines().flatMap(({ level: _, time: __, pid, hostname, msg, ...fields }) => {
      expect([pid, hostname]).not.toContain(undefined);
      const known = facts.get(msg as string);
      const given = Object.keys(fields).sort().join();
      return known && given !== [...known.fields].sort().join() ? [`${String(msg)}: ${given}`] : [];
    });
    // A decision may have no details.
    expect(wrong.filter(line => !line.startsWith('decision'))).toEqual([]);
  });

  it('are not where a unit has them in its own words either, if they are its configuration', () => {
    const words = visited.written.split('\n').filter(line => OWN_WORDS.test(line));
    expect(words.join('\n')).toContain('my API_KEY is ***');
  });
});
