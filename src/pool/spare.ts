import { Lease } from './lease.js';

/** Milliseconds after its last message in which a session is spared while there is any other. */
const FRESH = 10_000;

/**
 * The leases to take back first: those that nobody has used for long before those just used, among them those whose
 * client does not listen, and then the one longest unused. Freshness comes first, or clients without a stream would take
 * each other's leases away while those of clients long gone, whose streams are still open, stay.
 * @param count how many are wanted, Infinity for all; there may be fewer
 * @param now milliseconds since the epoch
 */
export function spare(leases: Iterable<Lease>, count: number, now: number): Lease[] {
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
  const fresh = now - holder.lastActiveAt < FRESH;
  return (fresh ? 2 : 0) + (holder.attached ? 1 : 0);
}
