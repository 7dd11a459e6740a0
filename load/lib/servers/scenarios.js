/**
 * What is measured. A scenario is a unit and the ways to it; the first way is the one the others are compared with.
 * `open` starts what the way needs and gives its clients, `gateway` (whose CPU is counted) and `close`.
 */
import { HttpClient, StdioClient, WebSocketClient } from '../clients/clients.js';
import { LEAN_UNIT, startGateway, startHttpUnit } from '../processes/processes.js';

/** Places for the sessions of both doors, so that no session is taken back for another's sake. */
const STDIO_UNIT = {
  name: 'lean',
  kind: 'mcp',
  command: process.execPath,
  args: [LEAN_UNIT, 'stdio'],
  cwd: process.cwd(),
  size: 64,
};
const ECHO_UNIT = { name: 'echo', kind: 'echo' };

const STREAMABLE_HTTP = { name: 'gateway, Streamable HTTP', door: 'http', Client: HttpClient };
const WEBSOCKET = { name: 'gateway, WebSocket', door: 'websocket', Client: WebSocketClient };

/** Each stdio session is a process, so there are few of them with many calls each. */
const FEW = { clients: 4, inFlight: 16 };

export function scenarios(clients) {
  const many = { clients, inFlight: 1 };
  return [
    {
      name: 'stdio',
      title: 'lean unit over stdio',
      load: FEW,
      setUp: () => withGateway(STDIO_UNIT),
      ways: [direct(() => StdioClient.open()), throughGateway(STREAMABLE_HTTP), throughGateway(WEBSOCKET)],
    },
    {
      name: 'http',
      title: 'lean unit over Streamable HTTP',
      load: many,
      setUp: async () => {
        const unit = await startHttpUnit();
        const site = await withGateway({ name: 'lean', kind: 'mcp', url: unit.url, transport: 'streamable_http' });
        const close = async () => {
          await site.close();
          await unit.child.end();
        };
        return { ...site, unitUrl: unit.url, close };
      },
      ways: [
        direct(({ unitUrl }, { inFlight }) => HttpClient.open(unitUrl, inFlight)),
        throughGateway(STREAMABLE_HTTP),
      ],
    },
    {
      name: 'echo',
      title: 'built-in echo unit: the gateway alone',
      load: many,
      setUp: () => withGateway(ECHO_UNIT),
      ways: [throughGateway(STREAMABLE_HTTP), throughGateway(WEBSOCKET)],
    },
  ];
}

async function withGateway(unit) {
  const gateway = await startGateway(unit);
  return { gateway, close: () => gateway.child.end() };
}

function direct(open) {
  return { name: 'direct', direct: true, open };
}

function throughGateway({ name, door, Client }) {
  return { name, direct: false, open: ({ gateway }, { inFlight }) => Client.open(gateway.urls[door], inFlight) };
}
