import { parseConfig } from '../../src/config/load.js';
import type { EventBus } from '../../src/telemetry/event-bus.js';
import { SYSTEM_OF, Topic } from '../../src/telemetry/event-map.js';
import { Gateway } from '../../src/app/gateway.js';
import type { LeverWriter } from '../../src/kernel/ports/levers.js';
import type { Sight } from '../../src/kernel/ports/regulator.js';
import { pinoLog } from '../../src/kernel/log.pino.js';
import type { EmbeddingApi } from '../../src/hub/embedding-api.js';

/**
 * What becomes of the control plane in a whole run of tests: `none`, neither regulators nor a bus; `throwing`, one more
 * regulator that throws on every event.
 */
const { CONTROL_PLANE } = process.env;

export interface RunningGateway {
  /** Streamable HTTP, http://127.0.0.1:PORT/mcp */
  mcpUrl: string;
  /** HTTP+SSE, http://127.0.0.1:PORT/mcp/sse */
  sseUrl: string;
  /** ws://127.0.0.1:PORT/mcp/ws */
  wsUrl: string;
  managementUrl: string;
  /** For code in the same process. */
  router: EmbeddingApi;
  bus: EventBus;
  levers: LeverWriter;
  sight: Sight;
  stop(): Promise<void>;
}

/** A gateway in this process, on ports that the system chooses. `config` is as in gateway.yaml. */
export async function startGateway(config: object): Promise<RunningGateway> {
  const anyPort = { management: { port: 0 }, sse: { port: 0 }, websocket: { port: 0 } };
  const merged = { ...anyPort, ...config } as Record<string, object>;
  // An audit comes at random, opens a session at a unit, and is counted by whoever counts those.
  merged.regulation = { audit_interval: 0, ...merged.regulation };
  for (const name of ['management', 'sse', 'websocket']) merged[name] = { port: 0, ...merged[name] };
  const parsed = parseConfig(merged, CONTROL_PLANE === 'none' ? { MCP_REGULATION: 'false' } : {}, process.cwd());
  const log = pinoLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
  const gateway = await Gateway.start(parsed.config, log, undefined, { bus: CONTROL_PLANE !== 'none' });
  if (CONTROL_PLANE === 'throwing') sabotage(gateway.bus);
  const { mcp, sse, websocket, management } = gateway.urls;
  const urls = { mcpUrl: mcp, sseUrl: sse, wsUrl: websocket, managementUrl: management };
  const { router, bus, levers, sight } = gateway;
  return { ...urls, router, bus, levers, sight, stop: () => gateway.stop() };
}

/** A regulator with a defect: whatever it hears of, it throws. */
function sabotage(bus: EventBus): void {
  for (const topic of Object.keys(SYSTEM_OF) as Topic[]) {
    bus.on(topic, () => {
      throw new Error(`defect on ${topic}`);
    });
  }
}
