import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { PhoenixClient } from '../support/channel-clients.js';
import { CuttingProxy } from '../../load/lib/servers/cutting-proxy.js';
import { until } from '../support/until.js';
import { ChannelFault } from './channel-ground.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** A socket that has sent `text`, and goes on sending `drip`; resolves what came back once it is closed. */
function slowly(url: string, text: string, drip: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(text));
  const timer = setInterval(() => socket.write(drip), 200);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  return new Promise(resolve => {
    socket.on('close', () => {
      clearInterval(timer);
      resolve(answer);
    });
  });
}

/** Native and Phoenix clients that are too slow, too many, too large, or gone. */
export const CHANNEL_STORMS: readonly ChannelFault[] = [
  {
    fault: 'comes and breaks off ten times a second',
    client: 'every message, in order, without a gap',
    gateway: 'goes on where the client says that it is',
    run: async ground => {
      let client = await ground.native({ acks: true });
      const { epoch } = client.welcome;
      const got: number[] = [];
      let published = 0;
      let over = false;
      const publishing = (async () => {
        while (!over) {
          const batch = range(published, published + 5).map(payload => ({ payload }));
          published += 5;
          expect((await ground.publish(batch)).status).toBeLessThan(300);
          await delay(10);
        }
      })();
      for (let i = 0; i < 30; i++) {
        await delay(90);
        client.cut();
        await client.ended();
        // What came twice is what the client has not said that it had.
        expect(client.sequences).toEqual(range(client.welcome.next, client.welcome.next + client.messages.length));
        expect(client.told('gap')).toEqual([]);
        for (const sequence of client.sequences) if (sequence === got.length) got.push(sequence);
        const position = i % 2 === 0 ? { epoch, last: got.length - 1 } : {};
        client = await ground.native({ resume_token: client.welcome.resume_token, acks: true, ...position });
        if (got.length > 0) client.ack(got.length - 1);
      }
      over = true;
      await publishing;
      const last = (): number => client.sequences.at(-1) ?? got.length - 1;
      await until(() => {
        if (client.messages.length > 0) client.ack(last());
        return last() === published - 1;
      }, 'the last message');
      for (const sequence of client.sequences) if (sequence === got.length) got.push(sequence);
      expect(got).toEqual(range(0, published));
      expect(published).toBeGreaterThan(200);
    },
  },
  {
    fault: 'is cut off without a word: its connection is half open',
    client: 'all it did not acknowledge, on its next connection',
    gateway: 'ends the connection by `websocket.pong_timeout`, and takes the next one before that',
    run: async ground => {
      const proxy = await CuttingProxy.start(ground.gateway.wsUrl);
      const lost = await ground.native({ acks: true }, proxy.url);
      await ground.publish({ payload: 'had' });
      await lost.got(1);
      proxy.mute();
      await ground.publish({ payload: 'lost' });
      const beside = await ground.native({ acks: true });
      await beside.got(2);
      expect(beside.bodies).toEqual(['had', 'lost']);
      expect(await ground.metric('gateway_connections')).toBe(3);
      await until(async () => (await ground.metric('gateway_connections')) === 2, 'the end of the half-open one');
      await proxy.stop();
    },
  },
  {
    fault: 'sends the request for an upgrade, or a POST, slower than any client would',
    client: '408, or the end of the connection',
    gateway: 'closes after `limits.headers_timeout` and `limits.request_timeout`',
    run: async ({ gateway }) => {
      const upgrade = (path: string): string =>
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
      const post = (path: string): string =>
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n`;
      const answers = await Promise.all([
        slowly(gateway.wsUrl, upgrade('/mcp/ws?client_id=x'), 'X-A: b\r\n'),
        slowly(gateway.sseUrl, post('/mcp/broadcast'), ' '),
        slowly(gateway.wsUrl, post('/mcp/ws/longpoll?token=lp.none'), ' '),
      ]);
      expect(answers[0]).toMatch(/^HTTP\/1\.1 408 /);
      for (const answer of answers) expect(answer).not.toMatch(/ 101 | 202 /);
    },
  },
  {
    fault: 'sends 10,000 frames of garbage',
    client: 'an error for each',
    gateway: 'keeps the connection',
    run: async ground => {
      const client = await ground.native();
      for (let i = 0; i < 10_000; i++) client.send(`garbage ${i}`);
      await until(() => client.errors.length === 10_000, 'every error');
      expect((await client.say({ type: 'ping' })).status).toBe('ok');
    },
  },
  {
    fault: 'sends as much, and reads none of the answers',
    client: 'all of the answers, once it reads them',
    gateway: 'reads no more of it while 1 MB of answers waits',
    run: async ground => {
      const client = await ground.native();
      client.socket.pause();
      const frame = JSON.stringify({ type: 'chat', id: 'x'.repeat(100), priority: 'wrong' });
      for (let i = 0; i < 20_000; i++) client.send(frame);
      let held = 0;
      await until(async () => {
        const before = held;
        held = await ground.metric('gateway_buffered_bytes');
        return held > 512 * 1024 && held === before;
      }, 'the gateway to stop reading');
      expect(held).toBeLessThan(4 * 1024 * 1024);
      client.socket.resume();
      await until(() => client.errors.length === 20_000, 'every error');
    },
  },
  {
    fault: 'stops reading what is published to it',
    client: 'what it missed, in order, once it reads again',
    gateway: 'holds `delivery.outbox_bytes` of it and refuses the rest with `outbox_full`',
    run: async ground => {
      const client = await ground.native();
      client.socket.pause();
      // What can be compressed would all fit into the sockets.
      const messages = range(0, 20).map(() => ({ payload: randomBytes(140_000).toString('base64') }));
      let taken = 0;
      let refused = 0;
      for (let i = 0; i < 20 && refused === 0; i++) {
        for (const { counts } of (await ground.publish(messages)).body) {
          taken += counts.delivered + counts.queued;
          refused += counts.refused;
        }
      }
      expect(refused).toBeGreaterThan(0);
      client.socket.resume();
      await client.got(taken);
      expect(client.sequences).toEqual(range(0, taken));
      expect((await ground.publish({ payload: 'again' })).status).toBe(200);
    },
  },
  {
    fault: 'connects and never joins',
    client: '`handshake_timeout` and close 1008 after `limits.handshake_timeout`; long poll: 403',
    gateway: 'keeps nothing of it',
    run: async ground => {
      const { gateway } = ground;
      const mute = await ground.socket();
      const receivers = await ground.socket();
      receivers.send({ type: 'ping' });
      const phoenix = ground.keep(await PhoenixClient.open(gateway.wsUrl));
      const url = `${gateway.wsUrl.replace('ws:', 'http:')}/longpoll?vsn=2.0.0`;
      const { token } = (await (await fetch(url)).json()) as { token: string };
      const polled = fetch(`${url}&token=${token}`).then(response => response.json());
      for (const client of [mute, receivers, phoenix])
        expect(await client.ended()).toEqual({ code: 1008, reason: 'refused' });
      for (const client of [mute, receivers])
        expect(client.errors.at(-1)).toMatchObject({ error: 'handshake_timeout' });
      expect(await polled).toMatchObject({ status: 403 });
    },
  },
  {
    fault: 'polls with a token that does not exist, or is over',
    client: '410 and a new token; for a POST 410',
    gateway: 'begins anew',
    run: async ground => {
      const url = new URL(`${ground.gateway.wsUrl.replace('ws:', 'http:')}/longpoll?vsn=2.0.0`);
      const begun: string[] = [];
      const ask = async (token: string, method = 'GET'): Promise<any> => {
        url.searchParams.set('token', token);
        return (await fetch(url, method === 'GET' ? {} : { method, body: '[]' })).json();
      };
      for (const token of ['lp.none', `lp.${'x'.repeat(5_000)}`, 'lp.__proto__']) {
        const fresh = await ask(token);
        expect(fresh).toMatchObject({ status: 410, token: expect.stringMatching(/^lp\./) });
        begun.push(fresh.token);
        expect(await ask(token, 'POST')).toMatchObject({ status: 410 });
      }
      // They have joined nothing, and are sent away; then their tokens are over.
      for (const answer of await Promise.all(begun.map(token => ask(token)))) expect(answer.status).toBe(403);
      for (const token of begun) expect(await ask(token, 'POST')).toMatchObject({ status: 410 });
    },
  },
];
