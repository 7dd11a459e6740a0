import { connect } from 'node:net';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { Stage } from '../../support/rogue.js';
import { Listener, publish } from '../../support/talker.js';
import { until } from '../../support/until.js';

describe('a client that posts to the endpoint of a stream that was taken over, and is not read to its end', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is told that the stream has ended, not that all is well', async () => {
    const gateway = await stage.gateway({ units: [{ name: 'u', kind: 'mcp', command: 'true' }] });
    const { port, host } = new URL(gateway.sseUrl);
    const slow = connect(Number(port), '127.0.0.1');
    slow.on('error', () => undefined);
    let text = '';
    slow.on('data', data => (text += String(data)));
    slow.write(`GET /mcp/sse?client_id=s HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await until(() => text.includes('resume_token'), 'connected');
    const connected = JSON.parse(/"client_id".*\}/.exec(text)![0].replace(/^/, '{')) as Record<string, string>;
    slow.pause();
    const large = randomBytes(300_000).toString('base64');
    for (let i = 0; i < 30; i++) await publish(gateway.mcpUrl, 's', { payload: large });
    const next = await Listener.open(gateway.sseUrl, { resume_token: connected.resume_token! });
    const response = await fetch(new URL(connected.endpoint!, gateway.sseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id":"1","type":"chat","data":1}',
    });
    expect(response.status).toBe(404);
    next.close();
    slow.destroy();
    await once(slow, 'close');
  });
});
