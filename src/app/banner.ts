import { GatewayConfig } from '../config/schema.js';
import { GatewayUrls } from './gateway.js';

/** What a person sees at start-up: where the doors are, and what to paste into an MCP client. */
export function banner({ mcp, sse, websocket, management }: GatewayUrls, config: GatewayConfig): string {
  const units = config.units.map(unit => unit.name);
  const served =
    units.length === 1
      ? `with the unit "${units[0]}"`
      : `with ${units.length} units as one server (one alone: ?unit=NAME): ${units.join(', ')}`;
  const needsToken = config.auth.token !== undefined || config.auth.jwt !== undefined;
  const headers = needsToken ? { headers: { Authorization: 'Bearer YOUR_TOKEN' } } : {};
  const entry = JSON.stringify({ mcpServers: { viable: { type: 'http', url: mcp, ...headers } } }, null, 2);
  return `
  Viable is ready, ${served}

    Streamable HTTP  ${mcp}
    HTTP+SSE         ${sse}
    WebSocket        ${websocket}  (subprotocol "mcp")
    Pushed messages  ${sse}?client_id=NAME  and what is posted to ${mcp}/clients/NAME/messages  (docs/CLIENTS.md)
    Health, metrics  ${management}/health/gateway  ${management}/metrics

  For an MCP client's configuration:

${entry.replace(/^/gm, '    ')}

`;
}
