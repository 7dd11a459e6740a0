import { Caller } from './access.js';
import { ClientJournal } from './client-journal.js';

/** A client that speaks no MCP, as those must know it who call a unit's tool for it. */
export interface ToolClient extends Caller {
  clientId: string;
  /** Id of its session. */
  session: string;
  /** The part of that id which logs show. */
  label: string;
  journal: ClientJournal;
}

/** A tool of a unit, with its arguments. */
export interface ToolCall {
  unit: string;
  tool: string;
  /** JSON text of an object. */
  data: string;
}

/** Calls tools for clients that do not speak MCP. Each call is its client's: counted, limited and served in turn as such. */
export abstract class ToolCaller {
  /**
   * @returns the member `"result":…` or `"error":…` of the unit's answer, as it stands there
   * @throws GatewayError `invalid_message`, `draining`, and whatever becomes of calls (`unit_unavailable`, `outcome_unknown` …)
   */
  abstract call(client: ToolClient, toolCall: ToolCall): Promise<string>;
}
