import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { Doors, SocketClient, until } from '../../../test/support/doors.js';
import { GatewayError } from '../../kernel/errors.js';
import { protocolOfFrame } from './subprotocol.js';

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

describe('dialectOfFrame', () => {
  it.each([
    [ping, 'mcp'],
    [`[${ping},${ping},${ping},${ping},${ping}]`, 'mcp'],
    ['["1","1","mcp:gateway","phx_join",{}]', 'phoenix'],
    ['{"topic":"t","event":"phx_join","payload":{},"ref":"1"}', 'phoenix'],
    ['{"type":"hello","data":{}}', 'native'],
    ['[]', 'native'],
    ['[1,2]', 'native'],
    ['null', 'native'],
    ['7', 'native'],
    ['{', 'native'],
    ['', 'native'],
  ])('%s is %s', (text, socketProtocol) => expect(protocolOfFrame(Buffer.from(text), false)).toBe(socketProtocol));

  it('has native refuse bytes', () => expect(protocolOfFrame(Buffer.from(ping), true)).toBe('native'));
});

describe('the WebSocket door', () => {
  let doors: Doors;
  afterEach(async () => {
    await doors.close();
    expect(doors.log.errors).toEqual([]);
  });

  const receiver = (): Promise<Doors['pushConnections']['receivers'][0]> =>
    until(() => doors.pushConnections.receivers[0]);

  it('speaks MCP from the start under its subprotocol, and refuses it before the upgrade', async () => {
    doors = await Doors.open();
    const client = await SocketClient.open(`${doors.socketUrl}?token=good`, ['mcp']);
    expect(client.socket.protocol).toBe('mcp');
    client.socket.send(ping);
    await until(() => client.received.length === 1);
    const status = await new Promise(resolve => {
      const refused = new WebSocket(`${doors.socketUrl}?token=bad`, ['mcp']);
      refused.on('unexpected-response', (_, response) => {
        resolve(response.statusCode);
        response.destroy();
      });
    });
    expect(status).toBe(401);
    client.socket.terminate();
    await until(() => doors.intake.closed.length === 1);
    expect(doors.limits.knocks).toBe(2);
  });

  it('speaks MCP with whoever begins with JSON-RPC; what comes while the session opens is kept in order', async () => {
    doors = await Doors.open();
    doors.intake.opening = () => new Promise(resolve => setTimeout(resolve, 50));
    const client = await SocketClient.open(doors.socketUrl);
    for (let id = 0; id < 50; id++) client.socket.send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    await until(() => client.received.length === 50);
    expect(client.received.map(text => JSON.parse(text as string).id)).toEqual([...Array(50).keys()]);
    client.socket.close();
    await until(() => doors.intake.closed.length === 1);
    expect(doors.counters.connections.get('websocket')).toBe(0);
  });

  it('ends the session of a client that left while it was opened', async () => {
    doors = await Doors.open();
    let go = (): void => undefined;
    doors.intake.opening = () => new Promise(resolve => (go = resolve));
    const client = await SocketClient.open(doors.socketUrl);
    client.socket.send(ping);
    await new Promise(resolve => setTimeout(resolve, 50));
    client.socket.terminate();
    go();
    await until(() => doors.intake.closed.length === 1);
  });

  it('refuses MCP after the upgrade by an error for the request, then 1008', async () => {
    doors = await Doors.open();
    const client = await SocketClient.open(`${doors.socketUrl}?token=bad`);
    client.socket.send(ping);
    expect(await client.closed).toEqual({ code: 1008, reason: 'refused' });
    expect(JSON.parse(client.received[0] as string)).toMatchObject({
      id: 1,
      error: { data: { error: 'unauthenticated' } },
    });
  });

  it.each([
    ['/websocket', [], ''],
    ['', [], '?vsn=2.0.0'],
    ['', ['phoenix', `base64url.bearer.phx.${btoa('to~ken').replace(/=/g, '')}`], 'phoenix'],
  ])('speaks Phoenix at %s with %s', async (path, protocols, rest) => {
    doors = await Doors.open();
    const query = rest.startsWith('?') ? rest : '';
    const client = await SocketClient.open(`${doors.socketUrl}${path}${query}`, protocols);
    expect(client.socket.protocol).toBe(rest === 'phoenix' ? 'phoenix' : '');
    const { pushRequest, frames } = await receiver();
    expect(pushRequest.protocol).toBe('phoenix');
    if (protocols.length > 0) expect(pushRequest.token).toBe('to~ken');
    client.socket.send('["1","1","mcp:gateway","phx_join",{}]');
    client.socket.send(Buffer.from([0, 1, 2]));
    await until(() => frames.length === 2);
    expect([...(frames[1] as Uint8Array)]).toEqual([0, 1, 2]);
  });

  it('lets the first frame decide between native and Phoenix, and passes it on', async () => {
    doors = await Doors.open();
    const native = await SocketClient.open(doors.socketUrl);
    native.socket.send('{"type":"hello","data":{"client_id":"c"}}');
    native.socket.send('{"type":"ping"}');
    await until(() => doors.pushConnections.receivers[0]?.frames.length === 2);
    const phoenix = await SocketClient.open(doors.socketUrl);
    phoenix.socket.send('["1","1","mcp:gateway","phx_join",{}]');
    await until(() => doors.pushConnections.receivers[1]?.frames.length === 1);
    expect(doors.pushConnections.receivers.map(({ pushRequest }) => pushRequest.protocol)).toEqual([
      'native',
      'phoenix',
    ]);
    native.socket.close();
    await until(() => doors.pushConnections.receivers[0]!.left);
  });

  it('takes a client that names itself and says nothing for native', async () => {
    doors = await Doors.open();
    await SocketClient.open(`${doors.socketUrl}?client_id=c&x=1&x=2&token=good`);
    const { pushRequest, frames } = await receiver();
    expect(pushRequest).toMatchObject({ protocol: 'native', token: 'good', params: { client_id: 'c', x: '2' } });
    expect(frames).toEqual(['joins by its arrival']);
  });

  it('closes who says nothing, and who does not join', async () => {
    doors = await Doors.open({ handshakeTimeout: 300 });
    const silent = await SocketClient.open(doors.socketUrl);
    const idle = await SocketClient.open(doors.socketUrl);
    idle.socket.send('{"type":"ping"}');
    const phoenix = await SocketClient.open(`${doors.socketUrl}/websocket`);
    const joined = await SocketClient.open(doors.socketUrl);
    joined.socket.send('{"type":"hello"}');
    (await until(() => doors.pushConnections.receivers[2])).joined = true;
    const refused = { code: 1008, reason: 'refused' };
    expect(await Promise.all([silent.closed, idle.closed, phoenix.closed])).toEqual([refused, refused, refused]);
    for (const { received } of [silent, idle]) {
      expect(JSON.parse(received[0] as string)).toMatchObject({ type: 'error', error: 'handshake_timeout' });
    }
    expect(joined.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('takes frames up to the limit, and closes with 1009 beyond', async () => {
    doors = await Doors.open({ maxChannelFrame: 1_000 });
    const pad = (length: number): string => `{"type":"${'x'.repeat(length - 11)}"}`;
    const fits = await SocketClient.open(doors.socketUrl);
    fits.socket.send(pad(1_000));
    fits.socket.send(pad(1_000));
    await until(() => doors.pushConnections.receivers[0]?.frames.length === 2);
    fits.socket.send(pad(1_001));
    expect((await fits.closed).code).toBe(1009);
    const first = await SocketClient.open(doors.socketUrl);
    first.socket.send(pad(1_001));
    expect((await first.closed).code).toBe(1009);
    const phoenix = await SocketClient.open(`${doors.socketUrl}/websocket`);
    phoenix.socket.send('x'.repeat(1_001));
    expect((await phoenix.closed).code).toBe(1009);
    // A frame that never ends: 1 MB announced, a part of it sent.
    const endless = await SocketClient.open(doors.socketUrl);
    const raw = (endless.socket as unknown as { _socket: NodeJS.WritableStream })._socket;
    raw.write(Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]), Buffer.alloc(20_000)]));
    expect((await endless.closed).code).toBe(1009);
    const mcp = await SocketClient.open(doors.socketUrl, ['mcp']);
    mcp.socket.send(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${'x'.repeat(100_000)}"}}`);
    await until(() => mcp.received.length === 1);
  });

  it('refuses an upgrade by HTTP while there are too many', async () => {
    doors = await Doors.open();
    doors.limits.refusal = new GatewayError('rate_limit_exceeded', undefined, 1_500);
    const seen = new Promise(resolve => {
      new WebSocket(doors.socketUrl).on('unexpected-response', (_, response) => {
        resolve([response.statusCode, response.headers['retry-after']]);
        response.destroy();
      });
    });
    expect(await seen).toEqual([429, '2']);
  });

  it('gives what was written before the end, then the code and the reason', async () => {
    doors = await Doors.open();
    doors.pushConnections.onReceive = ({ pushConnection }) => {
      for (let i = 0; i < 100; i++) pushConnection.write(`{"n":${i},"pad":"${'x'.repeat(5_000)}"}`);
      pushConnection.write(Buffer.from([7]));
      pushConnection.close('draining');
      pushConnection.write('late');
    };
    const client = await SocketClient.open(doors.socketUrl);
    client.socket.send('{"type":"hello"}');
    expect(await client.closed).toEqual({ code: 1012, reason: 'draining' });
    expect(client.received).toHaveLength(101);
    expect(client.received[100]).toEqual(Buffer.from([7]));
    await until(() => doors.budget.used === 0);
  });

  it.each([false, true])('says when it has drained, compressed: %s', async perMessageDeflate => {
    doors = await Doors.open();
    const client = await SocketClient.open(doors.socketUrl, [], { perMessageDeflate });
    client.socket.send('{"type":"hello"}');
    const { pushConnection } = await receiver();
    let drained = 0;
    pushConnection.onDrain = () => drained++;
    const text = `"${'x'.repeat(50_000)}"`;
    for (let i = 0; i < 100; i++) pushConnection.write(text);
    expect(pushConnection.buffered).toBeGreaterThan(1_000_000);
    expect(doors.budget.used).toBeGreaterThan(1_000_000);
    await until(() => client.received.length === 100 && drained > 0);
    expect(pushConnection.buffered).toBe(0);
    expect(doors.budget.used).toBe(0);
  });

  it('reads nothing more of a client that does not take its answers', async () => {
    doors = await Doors.open();
    doors.pushConnections.onReceive = (_, __, reply) => reply(`"${'x'.repeat(500_000)}"`);
    const client = await SocketClient.open(doors.socketUrl, [], { perMessageDeflate: false });
    client.socket.pause();
    const sent = 200;
    for (let i = 0; i < sent; i++) client.socket.send('{"type":"ping"}');
    const { frames, pushConnection } = await receiver();
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(frames.length).toBeLessThan(sent);
    client.socket.resume();
    await until(() => client.received.length === sent);
    expect(pushConnection.buffered).toBe(0);
  });

  it('cuts off a peer that does not answer pings', async () => {
    doors = await Doors.open({ pingInterval: 100, pongTimeout: 100 });
    const client = await SocketClient.open(doors.socketUrl, [], { autoPong: false });
    client.socket.send('{"type":"hello"}');
    (await receiver()).joined = true;
    expect((await client.closed).code).toBe(1006);
    await until(() => doors.pushConnections.receivers[0]!.left);
  });

  it('outlives garbage', async () => {
    doors = await Doors.open();
    const port = Number(new URL(doors.socketUrl).port);
    const upgrade =
      'GET /mcp/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    const endings = [Buffer.alloc(500, 0xff), Buffer.from([0x81, 0x01, 0x61]), Buffer.from([0xc1, 0x80, 0, 0, 0, 0])];
    for (const ending of endings) {
      await new Promise<void>(resolve => {
        const raw = connect(port, '127.0.0.1', () => raw.write(upgrade));
        raw.once('data', () => raw.write(ending));
        raw.on('error', () => undefined);
        raw.resume().on('close', () => resolve());
      });
    }
    const torn = connect(port, '127.0.0.1', () => torn.write(upgrade, () => torn.destroy()));
    await until(() => doors.counters.connections.get('websocket') === 0);
    const client = await SocketClient.open(doors.socketUrl, ['mcp']);
    client.socket.send(ping);
    await until(() => client.received.length === 1);
  });

  it('survives an inside that throws', async () => {
    doors = await Doors.open();
    doors.pushConnections.onReceive = () => {
      throw new Error('a defect');
    };
    const client = await SocketClient.open(doors.socketUrl);
    client.socket.send('{"type":"hello"}');
    expect((await client.closed).code).toBe(1006);
    expect(doors.log.errors.splice(0)).toHaveLength(1);
  });
});
