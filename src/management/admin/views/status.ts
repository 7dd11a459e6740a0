import { z } from 'zod';
import { Pain } from '../../../telemetry/signals.js';
import { Users } from '../../../kernel/ports/client-directory.js';
import { LeverSetting } from '../../../kernel/ports/levers.js';
import { Decision } from '../../../kernel/ports/audit-log.js';
import { clientIdOf, count, iso, time } from './words.js';

/** Decisions from so long before a pain was felt count as made for it, in ms: regulators may see the cause first. */
const BEFORE = 2_000;
/** Decisions that are told of one trouble, and of the gateway as a whole. */
const TOLD = 10;

const decision = z.object({ at: time, by: z.string(), action: z.string(), target: z.string(), why: z.string() });

export const status = z.object({
  well: z.boolean(),
  version: z.string(),
  uptime_ms: count,
  node: z.object({ draining: z.boolean(), stopping: z.boolean() }),
  mode: z.object({ mode: z.string(), why: z.string().nullable(), since: time.nullable() }),
  troubles: z.array(
    z.object({
      since: time,
      severity: z.enum(['moderate', 'critical']),
      source: z.string(),
      of: z.string(),
      message: z.string(),
      suggested_action: z.string(),
      count: count.describe('How often it was felt.'),
      affected: z.object({ sessions: count, clients: z.array(z.string()) }),
      done: z.array(decision).describe('What was decided about it since, the oldest first.'),
    }),
  ),
  degraded: z.array(z.object({ unit: z.string(), reasons: z.array(z.string()) })),
  unusual: z.array(
    z.object({ since: time, metric: z.string(), of: z.string(), value: z.number(), expected: z.number() }),
  ),
  held: z.array(
    z.object({
      lever: z.string(),
      target: z.string(),
      value: z.unknown(),
      by: z.string(),
      why: z.string(),
      since: time,
      until: time.nullable(),
    }),
  ),
  patterns: z.array(z.object({ client: z.string(), pattern: z.string(), evidence: z.looseObject({}) })),
  recent: z.array(decision).describe('The newest first.'),
});
export type Status = z.output<typeof status>;

type Told = z.output<typeof decision>;

export function troublesOf(
  pains: readonly Pain[],
  decisions: readonly Decision[],
  usersOf: (of: string) => Users,
): Status['troubles'] {
  return pains.map(({ since, severity, source, of, message, suggested_action, count: times }) => ({
    ...{ since, severity, source, of, message, suggested_action, count: times },
    affected: of === '' ? { sessions: 0, clients: [] } : named(usersOf(of)),
    done: decisions
      .filter(isAbout(of, Date.parse(since)))
      .slice(0, TOLD)
      .map(told)
      .reverse(),
  }));
}

export function heldOf(settings: readonly LeverSetting[]): Status['held'] {
  return settings
    .filter(({ effective }) => effective)
    .map(({ lever, target, value, by, why, since, until }) => ({
      ...{ lever, target, value, by, why },
      since: iso(since),
      until: until === null ? null : iso(until),
    }));
}

/** What was done, not what was felt: that stands among the troubles. */
export function recentOf(decisions: readonly Decision[]): Told[] {
  return decisions.filter(isDone).slice(0, TOLD).map(told);
}

function named({ sessions, clients }: Users): Users {
  return { sessions, clients: clients.map(clientIdOf) };
}

/** About the same thing, about what it is a part of, or about the gateway's mode. */
function isAbout(of: string, since: number): (decision: Decision) => boolean {
  const unit = of.split('/')[0];
  return one =>
    isDone(one) && one.at >= since - BEFORE && (one.target === of || one.target === unit || /mode/.test(one.action));
}

function isDone({ by }: Decision): boolean {
  return by !== 'algedonic' && by !== 's3*';
}

function told({ at, by, action, target, why }: Decision): Told {
  return { at: iso(at), by, action, target: clientIdOf(target), why };
}
