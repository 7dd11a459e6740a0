import { McpInbound } from '../kernel/ports/mcp-inbound.js';
import { ToolCaller } from './tool-caller.js';

/** Calls tools of units on behalf of clients that do not speak MCP, as one MCP client of each unit. */
export class ToolCalls {
  private readonly callers = new Map<string, ToolCaller>();

  constructor(private readonly intake: McpInbound) {}

  /**
   * @param data the tool's arguments, JSON text of an object
   * @returns the member `"result":…` or `"error":…` of the unit's answer, as it stands there
   * @throws GatewayError `invalid_message`, and whatever becomes of calls (`unit_unavailable`, `outcome_unknown` …)
   */
  call(unit: string, tool: string, data: string, clientId: string): Promise<string> {
    let caller = this.callers.get(unit);
    if (!caller) this.callers.set(unit, (caller = new ToolCaller(this.intake, unit)));
    return caller.call(tool, data, clientId);
  }
}
