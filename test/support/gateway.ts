import { parseConfig } from '../../src/config/load.js';
import { Gateway } from '../../src/gateway.js';
import { pinoLog } from '../../src/kernel/log.pino.js';
import type { Router } from '../../src/vsm/s1-operations/channels/router.js';

export interface RunningGateway {
  /** Streamable HTTP, http://127.0.0.1:PORT/mcp */
  mcpUrl: string;
  /** HTTP+SSE, http://127.0.0.1:PORT/mcp/sse */
  sseUrl: string;
  /** ws://127.0.0.1:PORT/mcp/ws */
  wsUrl: string;
  managementUrl: string;
  /** For code in the same process. */
  router: Router;
  stop(): Promise<void>;
}

/** A gateway in this process, on ports that the system chooses. `config` is as in gateway.yaml. */
export async function startGateway(config: object): Promise<RunningGateway> {
  const anyPort = { management: { port: 0 }, sse: { port: 0 }, websocket: { port: 0 } };
  const merged = { ...anyPort, ...config } as Record<string, object>;
  for (const name of ['management', 'sse', 'websocket']) merged[name] = { port: 0, ...merged[name] };
  const parsed = parseConfig(merged, {}, process.cwd());
  const log = pinoLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
  const gateway = await Gateway.start(parsed.config, log);
  const { mcp, sse, websocket, management } = gateway.urls;
  const urls = { mcpUrl: mcp, sseUrl: sse, wsUrl: websocket, managementUrl: management };
  return { ...urls, router: gateway.router, stop: () => gateway.stop() };
}
