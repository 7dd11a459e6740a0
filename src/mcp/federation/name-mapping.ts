import { createHash } from 'node:crypto';

/** `prefix`: `unit__name`; `priority`: bare, the unit named first wins; `manual`: bare, a name that two offer needs an alias. */
export type NamePolicy = 'prefix' | 'priority' | 'manual';

/** Characters; what every client and model provider takes. */
export const MAX_TOOL_NAME = 64;
const HASH = 8;

/** What one unit offers, in its own order. */
export interface Offer<T> {
  unit: string;
  aliases: Readonly<Record<string, string>>;
  entries: readonly T[];
}

export interface Named<T> {
  /** As clients see it. */
  name: string;
  unit: string;
  entry: T;
}

export interface NameMapping<T> {
  named: Named<T>[];
  /** Entries that no client sees, because another has their name. */
  hidden: { unit: string; name: string }[];
}

/** Gives everything a name that nothing else has: units in their order, each with its entries in theirs. */
export function nameAll<T extends { key: string }>(offers: readonly Offer<T>[], policy: NamePolicy): NameMapping<T> {
  const named = new Map<string, Named<T>>();
  const hidden: NameMapping<T>['hidden'] = [];
  const contested = policy === 'manual' ? contestedNames(offers) : new Set<string>();
  for (const { unit, aliases, entries } of offers) {
    for (const entry of entries) {
      const name = nameOf(unit, aliases, entry.key, policy);
      if (named.has(name) || contested.has(name)) hidden.push({ unit, name: entry.key });
      else named.set(name, { name, unit, entry });
    }
  }
  return { named: [...named.values()], hidden };
}

function nameOf(unit: string, aliases: Readonly<Record<string, string>>, key: string, policy: NamePolicy): string {
  if (Object.hasOwn(aliases, key)) return aliases[key]!;
  return fitted(policy === 'prefix' ? `${unit}__${key}` : key);
}

/** A name that is too long is cut and told apart by a hash of the whole, the same each time. */
function fitted(name: string): string {
  if (name.length <= MAX_TOOL_NAME) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH);
  // Never half of a surrogate pair: no JSON parser need take that.
  return `${name.slice(0, MAX_TOOL_NAME - HASH - 1).replace(/[\ud800-\udbff]$/, '')}_${hash}`;
}

function contestedNames<T extends { key: string }>(offers: readonly Offer<T>[]): Set<string> {
  const owners = new Map<string, string>();
  const contested = new Set<string>();
  for (const { unit, aliases, entries } of offers) {
    for (const { key } of entries) {
      const name = nameOf(unit, aliases, key, 'manual');
      if ((owners.get(name) ?? unit) !== unit) contested.add(name);
      owners.set(name, unit);
    }
  }
  return contested;
}
