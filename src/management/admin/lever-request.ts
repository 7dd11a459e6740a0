import { z } from 'zod';
import { PRIORITIES } from '../../kernel/ports/envelope.js';
import { isTransport, LEVER_OWNERS, LeverName, LeverValues, MODES } from '../../kernel/ports/levers.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { GatewayError } from '../../kernel/errors.js';
import { checked, forMs, why } from './checked.js';

const NAMES = Object.keys(LEVER_OWNERS) as [LeverName, ...LeverName[]];

const whole = z.number().int().min(1).max(1_000_000);
const on = z.literal(true);

const VALUES: { readonly [L in LeverName]: z.ZodType<LeverValues[L]> } = {
  mode: z.enum(MODES),
  priority_floor: z.enum(PRIORITIES),
  suppressed: on,
  fair_share: z.number().gt(0).max(1),
  unsteady: on,
  drained: on,
  circuit: z.enum(['open', 'closed']),
  concurrency: whole,
  rate_limit: z.number().gt(0).max(1_000_000),
  held: on,
  pool_size: whole,
  connections: whole,
  handshakes: whole,
};

/** What each lever is about. */
const TARGETS: Readonly<Record<LeverName, readonly ('gateway' | 'instance' | 'unit' | 'transport' | 'client')[]>> = {
  mode: ['gateway'],
  priority_floor: ['gateway'],
  suppressed: ['instance'],
  fair_share: ['unit'],
  unsteady: ['transport'],
  drained: ['instance'],
  circuit: ['instance', 'transport'],
  concurrency: ['unit'],
  rate_limit: ['client'],
  held: ['client'],
  pool_size: ['instance'],
  connections: ['transport'],
  handshakes: ['gateway'],
};

const which = { lever: z.enum(NAMES), target: z.string().max(512).default('') };

export const setting = z.strictObject({ ...which, value: z.unknown(), why, for_ms: forMs });
export const release = z.strictObject({ ...which, why: why.default('not needed any more') });

export interface LeverRequest {
  lever: LeverName;
  target: string;
  value: LeverValues[LeverName];
  why: string;
  for_ms?: number;
}

/** @throws GatewayError `invalid_message` */
export function readSetting(given: unknown, vitals: Vitals): LeverRequest {
  const request = checked(setting, given);
  const { value } = checked(z.object({ value: VALUES[request.lever] as z.ZodType }), { value: request.value });
  checkTarget(request, vitals);
  return { ...request, value: value as LeverValues[LeverName] };
}

/** @throws GatewayError `invalid_message` */
export function readRelease(given: unknown): { lever: LeverName; target: string; why: string } {
  return checked(release, given);
}

/** @throws GatewayError `invalid_message` where there is nothing of that name */
export function checkTarget({ lever, target }: { lever: LeverName; target: string }, vitals: Vitals): void {
  const kinds = TARGETS[lever];
  if (kinds.some(kind => IS[kind](target, vitals))) return;
  const wanted = kinds.map(kind => WORDS[kind]).join(' or ');
  throw new GatewayError('invalid_message', `target: ${lever} is about ${wanted}.`);
}

const IS = {
  gateway: (target: string) => target === '',
  instance: (target: string, vitals: Vitals) => vitals.circuits().some(({ instance }) => instance === target),
  unit: (target: string, vitals: Vitals) => vitals.units().some(({ unit }) => unit === target),
  transport: (target: string) => isTransport(target),
  client: (target: string) => target !== '',
};

const WORDS = {
  gateway: 'the whole gateway: leave the target out',
  instance: 'an instance that there is',
  unit: 'a unit that there is',
  transport: 'one of http_sse, websocket, streamable_http',
  client: "a client's key",
};
