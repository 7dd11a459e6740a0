import { isLoopback } from '../kernel/loopback.js';
import { Authorizer, Principal } from '../kernel/ports/access.js';

/** Who has it may do everything. */
const OPERATOR = 'operator';
const EVERYTHING = '*';

/**
 * What credentials say, and nothing more: a principal has the role and the scopes that it holds. Anonymous callers on
 * loopback may do everything, because whoever is on this machine could do worse; from elsewhere they may only receive.
 */
export class ClaimsAuthorizer extends Authorizer {
  may(principal: Principal, address: string, scope: string): boolean {
    return isTrusted(principal, address) || holds(principal, scope);
  }

  grant(
    principal: Principal,
    address: string,
    asked: { role?: string; scopes: readonly string[] },
  ): { role?: string; scopes: readonly string[] } {
    if (isTrusted(principal, address)) return { role: asked.role, scopes: asked.scopes };
    return {
      role: !principal.anonymous && asked.role === principal.role ? asked.role : undefined,
      scopes: asked.scopes.filter(scope => holds(principal, scope)),
    };
  }

  /** Credentials say nothing of units and topics: everybody who is let in reaches all. */
  reaches(): boolean {
    return true;
  }
}

function isTrusted(principal: Principal, address: string): boolean {
  return principal.anonymous ? isLoopback(address) : principal.role === OPERATOR;
}

/** `*` stands for every scope, not for a role; `publish` for `publish:TOPIC` as well. */
function holds({ anonymous, scopes = [] }: Principal, scope: string): boolean {
  const [general = scope] = scope.split(':', 1);
  return !anonymous && (scopes.includes(scope) || scopes.includes(general) || scopes.includes(EVERYTHING));
}
