import WebSocket from 'ws';
import { ViableClient, ViableOptions } from '../../src/client/index.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

describe('viable/client and the gateway', () => {
  let gateway: RunningGateway;
  let client: ViableClient;
  let got: unknown[];

  beforeEach(async () => {
    gateway = await startGateway({ units: [{ name: 'echo', kind: 'echo' }] });
    got = [];
  });
  afterEach(async () => {
    client.close();
    await gateway.stop();
  });

  const start = async (options: Partial<ViableOptions>): Promise<void> => {
    const { wsUrl: url, sseUrl } = gateway;
    client = new ViableClient({ url, sseUrl, clientId: 'c1', WebSocket, ...options });
    client.on('message', ({ payload }) => got.push(payload));
    await client.connect();
  };
  const publish = async (...payloads: unknown[]): Promise<number> => {
    const response = await fetch(new URL('/mcp/clients/c1/messages', gateway.sseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payloads.map(payload => ({ type: 'chat', payload }))),
    });
    return response.status;
  };
  const upTo = (end: number): number[] => [...Array(end).keys()];

  describe.each(['websocket', 'http_sse'] as const)('by %s', transport => {
    it('gives out what is published, once and in order', async () => {
      await start({ transport });
      for (let i = 0; i < 10; i++) expect([200, 202]).toContain(await publish(...upTo(50).map(n => i * 50 + n)));
      await until(() => got.length >= 500);
      expect(got).toEqual(upTo(500));
    });

    it('sends and is answered', async () => {
      await start({ transport });
      await expect(client.send('chat', { body: 'hi' })).resolves.toMatchObject({ status: 'ok' });
      await expect(client.subscribe('news')).resolves.toEqual(['news']);
    });
  });

  it('gets what was published while it was switching', async () => {
    await start({});
    const publishing = (async () => {
      for (let n = 0; n < 300; n++) await publish(n);
    })();
    for (const to of ['http_sse', 'websocket'] as const) {
      const before = got.length;
      client.switchTo(to);
      await until(() => client.transport === to && got.length > before + 20);
    }
    await publishing;
    await until(() => got.length >= 300);
    expect(got).toEqual(upTo(300));
  });
});
