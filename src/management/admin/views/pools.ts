import { z } from 'zod';
import { PoolVitals } from '../../../kernel/ports/vitals.js';
import { count, round } from './words.js';

/** Share of the leases there may be from which on a pool is nearly used up. */
const BUSY = 0.9;

const STATUS = ['healthy', 'busy', 'exhausted'] as const;
type Status = (typeof STATUS)[number];

export const poolHealth = z.object({
  status: z.enum(STATUS).describe('Of the worst.'),
  pools: z.array(
    z.object({
      unit: z.string(),
      instance: z.string(),
      status: z.enum(STATUS),
      pool_size: count,
      available: count.describe('Leases that could be had now, without overflow: parked ones can.'),
      overflow: count.describe('Leases in use beyond the size.'),
      max_overflow: count,
      in_use: count,
      parked: count,
      queue_length: count,
      avg_checkout_time: z.number().describe('Milliseconds until a lease was had, lately.'),
    }),
  ),
});

export function healthOf(all: readonly PoolVitals[]): z.output<typeof poolHealth> {
  const pools = all.map(({ unit, instance, inUse, parked, waiting, size, overflow, limit, recentCheckoutMs }) => ({
    unit,
    instance,
    status: statusOf(inUse / limit, waiting),
    pool_size: size,
    available: Math.max(0, size - inUse),
    overflow: Math.max(0, inUse - size),
    max_overflow: overflow,
    in_use: inUse,
    parked,
    queue_length: waiting,
    avg_checkout_time: round(recentCheckoutMs, 1),
  }));
  const worst = Math.max(0, ...pools.map(({ status }) => STATUS.indexOf(status)));
  return { status: STATUS[worst]!, pools };
}

function statusOf(share: number, waiting: number): Status {
  if (share >= 1 || waiting > 0) return 'exhausted';
  return share >= BUSY ? 'busy' : 'healthy';
}
