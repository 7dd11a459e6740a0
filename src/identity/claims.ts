import { Principal } from '../kernel/ports/access.js';

/** Claims that name scopes, in the order in which they are looked for: RFC 8693 §4.2, and what issuers have instead. */
const SCOPE_CLAIMS = ['scope', 'scopes', 'scp'];

/**
 * Role and scopes of a token that has been verified: `role`, and the first of `scope`, `scopes`, `scp` that is there; names
 * separated by spaces, or an array of names. What has another form says nothing.
 */
export function claimsOf(payload: Readonly<Record<string, unknown>>): Pick<Principal, 'role' | 'scopes'> {
  const { role } = payload;
  const claim = SCOPE_CLAIMS.find(name => payload[name] !== undefined);
  return {
    role: typeof role === 'string' && role !== '' ? role : undefined,
    scopes: claim === undefined ? [] : namesIn(payload[claim]),
  };
}

function namesIn(claim: unknown): string[] {
  const names: unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return names.filter((name): name is string => typeof name === 'string' && name !== '');
}
