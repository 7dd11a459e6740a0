import { Intake } from '../kernel/ports/mcp-inbound.js';
import { UnitCaller } from './tool-caller.js';

/** Calls tools of units on behalf of clients that do not speak MCP, as one MCP client of each unit. */
export class UnitCalls {
  private readonly callers = new Map<string, UnitCaller>();

  constructor(private readonly intake: Intake) {}

  /**
   * @param data the tool's arguments, JSON text of an object
   * @returns the member `"result":…` or `"error":…` of the unit's answer, as it stands there
   * @throws GatewayError `invalid_message`, and whatever becomes of calls (`unit_unavailable`, `outcome_unknown` …)
   */
  call(unit: string, tool: string, data: string, clientId: string): Promise<string> {
    let caller = this.callers.get(unit);
    if (!caller) this.callers.set(unit, (caller = new UnitCaller(this.intake, unit)));
    return caller.call(tool, data, clientId);
  }
}
