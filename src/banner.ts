import { GatewayConfig } from './config/schema.js';
import { GatewayUrls } from './gateway.js';

/** What a person sees at start-up: where the doors are, and what to paste into an MCP client. */
export function banner({ mcp, sse, websocket, management }: GatewayUrls, config: GatewayConfig): string {
  const units = config.units.map(unit => unit.name);
  const needsUnit = units.length > 1;
  const url = needsUnit ? `${mcp}?unit=${units[0]}` : mcp;
  const needsToken = config.auth.token !== undefined || config.auth.jwt !== undefined;
  const headers = needsToken ? { headers: { Authorization: 'Bearer YOUR_TOKEN' } } : {};
  const entry = JSON.stringify({ mcpServers: { viable: { type: 'http', url, ...headers } } }, null, 2);
  return `
  Viable is ready${needsUnit ? ` — choose a unit with ?unit=NAME: ${units.join(', ')}` : `, with the unit "${units[0]}"`}

    Streamable HTTP  ${mcp}
    HTTP+SSE         ${sse}
    WebSocket        ${websocket}  (subprotocol "mcp")
    Health, metrics  ${management}/health/gateway  ${management}/metrics

  For an MCP client's configuration:

${entry.replace(/^/gm, '    ')}

`;
}
