import { Lease } from './lease.js';

/** Milliseconds after its last message in which a session is spared while there is any other. */
const FRESH = 10_000;

/**
 * The leases to take back first: of those that nobody has used for long, those whose client does not listen; then the
 * others; then those just used, the longest unused first. Whether a client listens says nothing of a session that is in
 * use: those without a stream would lose theirs between two calls, and those long gone with an open stream would stay.
 * @param count how many are wanted, Infinity for all; there may be fewer
 * @param now milliseconds since the epoch
 */
export function leasesToEvict(leases: Iterable<Lease>, count: number, now: number): Lease[] {
  const byNeed = (a: Lease, b: Lease): number =>
    rank(a, now) - rank(b, now) || a.holder.lastActiveAt - b.holder.lastActiveAt;
  if (count === 1) return first(leases, byNeed);
  return [...leases]
    .filter(lease => lease.spare)
    .sort(byNeed)
    .slice(0, count);
}

/** A full pool needs one for each who comes, so this is one pass and no sorting. */
function first(leases: Iterable<Lease>, byNeed: (a: Lease, b: Lease) => number): Lease[] {
  let found: Lease | undefined;
  for (const lease of leases) if (lease.spare && (!found || byNeed(lease, found) < 0)) found = lease;
  return found ? [found] : [];
}

function rank({ holder }: Lease, now: number): number {
  if (now - holder.lastActiveAt < FRESH) return 2;
  return holder.attached ? 1 : 0;
}
