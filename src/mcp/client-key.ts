import { isLoopback } from '../kernel/loopback.js';
import { Caller } from '../kernel/ports/access.js';
import { addressGroup } from '../resilience/address-group.js';

/**
 * By what an MCP session's client is known to limits, levers and counts: its principal; where it is anonymous, its
 * address; on loopback, where everybody has the same, the session.
 */
export function clientOf({ principal, address }: Caller, sessionLabel: string): string {
  if (!principal.anonymous) return principal.id;
  return isLoopback(address) ? `session ${sessionLabel}` : `anonymous ${addressGroup(address)}`;
}
