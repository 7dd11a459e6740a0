/** What was tidied away. */
export interface MaintenanceReport {
  /** MCP sessions ended because nobody used them; the same of native and Phoenix clients. */
  sessions: number;
  channels: number;
  /** Leases taken back from who did not use them. */
  leases: number;
  /** Links of the gateway's own that nobody wanted. */
  lines: number;
  /** Resume tokens that had expired. */
  tokens: number;
}

/** Does at once what is otherwise done by the clock. */
export abstract class Maintenance {
  /** @param idleMs milliseconds without use that count as idle, in the place of what is set */
  abstract tidy(idleMs?: number): MaintenanceReport;
}
