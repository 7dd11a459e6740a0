import { z } from 'zod';
import { Placement } from '../../../kernel/ports/vitals.js';
import { count, round } from './words.js';

export const distribution = z.object({
  units: z.array(
    z.object({
      unit: z.string(),
      balance: z.string(),
      nodes: z.array(
        z.object({
          id: z.string(),
          weight: z.number(),
          vnode_count: count.describe('Points on the ring; 0 where the unit is balanced otherwise.'),
          key_count: count.describe('Sessions that are there now.'),
          out: z.boolean(),
        }),
      ),
      total_keys: count,
      distribution_variance: z
        .number()
        .describe('Coefficient of variation of the key counts by weight: 0 where all have their share.'),
    }),
  ),
});

export function distributionOf(placements: readonly Placement[]): z.output<typeof distribution> {
  return {
    units: placements.map(({ unit, balance, nodes }) => ({
      unit,
      balance,
      nodes: nodes.map(({ instance: id, weight, points, upstreams, out }) => ({
        ...{ id, weight, out },
        vnode_count: points,
        key_count: upstreams,
      })),
      total_keys: nodes.reduce((sum, { upstreams }) => sum + upstreams, 0),
      distribution_variance: round(variation(nodes.map(({ upstreams, weight }) => upstreams / weight)), 4),
    })),
  };
}

/** Standard deviation by mean. */
export function variation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  if (mean === 0) return 0;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(square) / mean;
}
