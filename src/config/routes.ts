import { z } from 'zod';
import { strict, text, textWhere } from './scalars.js';
import { unitName } from './units.js';

/** Frames of the wire itself (docs/WIRE.md): they never are messages for a unit. */
const RESERVED_TYPES = new Set(['hello', 'ack', 'heartbeat', 'ping', 'subscribe', 'unsubscribe']);

const route = strict({
  type: textWhere(
    `message type, perhaps with * at its end, other than ${[...RESERVED_TYPES].join(', ')}`,
    type => /^(?=.)[^*]*\*?$/.test(type) && !RESERVED_TYPES.has(type),
  ),
  unit: unitName,
  tool: text().optional(),
});

/** Which messages of native and Phoenix clients go to which unit; the first that fits holds. */
export const routesSchema = z.array(route, { error: 'array of routes' });

/** Where messages of `type` (a prefix, if it ends in `*`) go: to `tool` of `unit`, by default the tool named like the type. */
export type RouteConfig = z.output<typeof route>;

/** What is wrong with routes that are well-formed, below `routes`. */
export function* routeProblems(
  routes: readonly RouteConfig[],
  units: ReadonlySet<string>,
): Generator<{ path: PropertyKey[]; allowed: string }> {
  const types = new Set<string>();
  for (const [index, { type, unit }] of routes.entries()) {
    if (!units.has(unit)) yield { path: [index, 'unit'], allowed: 'name of a unit that is configured' };
    if (types.has(type)) yield { path: [index, 'type'], allowed: 'type that no other route has' };
    types.add(type);
  }
}
