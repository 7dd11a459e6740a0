import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { RawSession } from '../support/raw-http.js';

/**
 * Why units are not reached through the official SDK's client transports (docs/DEPENDENCIES.md): what they do to
 * messages, beside what the gateway does to the same ones. A failure in the first half is news, not a defect.
 */
const INITIALIZED = JSON.stringify({
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'odd', version: '1' },
});

/** What the unit answers, by method; `ID` stands for the id of the request. */
const ANSWERS: Record<string, string> = {
  initialize: `{"jsonrpc":"2.0","id":ID,"result":${INITIALIZED}}`,
  'odd/member': '{"jsonrpc":"2.0","id":ID,"result":{},"x-trace":"abc"}',
  'odd/number': '{"jsonrpc":"2.0","id":ID,"result":{"n":12345678901234567890,"f":1.0}}',
};

describe('odd but valid messages of a unit', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => (body += chunk));
      request.on('end', () => {
        const { id, method } = body === '' ? {} : (JSON.parse(body) as { id?: unknown; method?: string });
        const answer = ANSWERS[method ?? ''];
        if (answer === undefined) return response.writeHead(request.method === 'GET' ? 405 : 202).end();
        response.writeHead(200, { 'content-type': 'application/json' }).end(answer.replace('ID', JSON.stringify(id)));
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  });
  afterAll(() => new Promise(resolve => server.close(resolve)));

  describe("through the SDK's transport", () => {
    async function receive(method: string): Promise<{ message: unknown; error: unknown }> {
      const transport = new StreamableHTTPClientTransport(new URL(url));
      const seen = { message: undefined as unknown, error: undefined as unknown };
      transport.onmessage = message => (seen.message = message);
      transport.onerror = error => (seen.error = error);
      await transport.start();
      await transport.send({ jsonrpc: '2.0', id: 1, method }).catch(() => undefined);
      await transport.close();
      return seen;
    }

    it('are dropped for an unknown top-level member', async () => {
      const { message, error } = await receive('odd/member');
      expect(message).toBeUndefined();
      expect(String(error)).toContain('x-trace');
    });

    it('lose the digits of large integers', async () => {
      const { message } = await receive('odd/number');
      expect(JSON.stringify(message)).toContain('12345678901234567000');
    });
  });

  describe('through the gateway', () => {
    let gateway: RunningGateway;
    let session: RawSession;

    beforeAll(async () => {
      gateway = await startGateway({ units: [{ name: 'odd', kind: 'mcp', url }] });
      session = new RawSession(gateway.mcpUrl);
      await session.initialize();
    });
    afterAll(() => gateway.stop());

    it.each(['odd/member', 'odd/number'])('pass untouched: %s', async method => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 'mine', method });
      // As JSON or, where the unit took its time, as the last event of a stream: the bytes are the same.
      const text = await (await session.post(body)).text();
      expect(text.trimEnd().split('data: ').at(-1)).toBe(ANSWERS[method]!.replace('ID', '"mine"'));
    });
  });
});
