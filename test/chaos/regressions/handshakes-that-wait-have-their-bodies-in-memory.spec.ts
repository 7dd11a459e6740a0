import { once } from 'node:events';
import { connect } from 'node:net';
import { httpUnit, Stage, until } from '../../support/rogue.js';
import { RawSession } from '../../support/raw-http.js';

/** Four thousand may wait, and each had sent up to four megabytes before it was its turn. */
describe('a session that is begun while handshakes are paced', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is sent away before its body is read', async () => {
    const remote = await stage.remote();
    const limits = { handshake_timeout: 2_000 };
    const gateway = await stage.gateway({ units: [httpUnit('u', remote)], limits, regulation: { enabled: false } });
    const refused = async (): Promise<boolean> => {
      const socket = connect(Number(new URL(gateway.mcpUrl).port), '127.0.0.1');
      const head = [
        'POST /mcp HTTP/1.1',
        'Host: 127.0.0.1',
        'Content-Type: application/json',
        'Content-Length: 1000000',
      ];
      socket.write([...head, 'Accept: application/json, text/event-stream', '', ''].join('\r\n'));
      const data = once(socket, 'data').then(([chunk]) => String(chunk).startsWith('HTTP/1.1 503'));
      const answer = await Promise.race([data, new Promise<false>(resolve => setTimeout(resolve, 500, false))]);
      socket.destroy();
      return answer;
    };
    gateway.levers.set('s3', 'handshakes', '', 1, 'a test');
    const others = Array.from({ length: 4 }, () => new RawSession(gateway.mcpUrl).initialize());
    await until(refused, 'a refusal');
    await Promise.all(others);
  });
});
