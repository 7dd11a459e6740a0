import { PRIORITIES, Priority } from './envelope.js';
import { TransportName } from './connection.js';
import { Principal } from './access.js';

/** `degraded` sheds what matters least; `lockdown` admits operators only. */
export const MODES = ['normal', 'degraded', 'lockdown'] as const;
export type Mode = (typeof MODES)[number];

/** Who moves levers. Of what two say of the same lever S5's word counts before S3's, and S3's before S2's. */
export const WRITERS = ['s5', 's3', 's2'] as const;
export type Writer = (typeof WRITERS)[number];

/** A circuit that somebody holds in a state, whatever it has seen itself. */
export type ForcedState = 'open' | 'closed';

/** Each lever's value. What it is about (its target) stands beside it; levers of the whole gateway have the target `''`. */
export interface LeverValues {
  /** S5, the whole gateway. */
  mode: Mode;
  /** S5, the whole gateway: messages of less priority are not taken. */
  priority_floor: Priority;
  /** S2, an instance's id. It flaps: it gets nothing while another instance can take it. */
  suppressed: true;
  /** S2, a unit: share (0 … 1) of its calls in flight that one client may have while others wait. */
  fair_share: number;
  /** S2, a transport: it flaps, and clients that can switch are led to the other one. */
  unsteady: true;
  /** S3, an instance's id. It is slow: it gets nothing while another instance can take it. */
  drained: true;
  /** S3, an instance's id, or a transport. */
  circuit: ForcedState;
  /** S3, a unit: calls in flight there; more wait. */
  concurrency: number;
  /** S3, a client's key: messages per second, or requests. */
  rate_limit: number;
  /** S3, a client's key: nothing is read from it for as long as it is over its rate. */
  held: true;
  /** S3, an instance's id: leases there may be, without overflow. */
  pool_size: number;
  /** S3, a transport: connections there may be. */
  connections: number;
  /** S3, the whole gateway: handshakes and joins begun per second; more wait their turn. */
  handshakes: number;
}

export type LeverName = keyof LeverValues;

/** Who may move which; S5 may move all. */
export const LEVER_OWNERS: Readonly<Record<LeverName, Writer>> = {
  mode: 's5',
  priority_floor: 's5',
  suppressed: 's2',
  fair_share: 's2',
  unsteady: 's2',
  drained: 's3',
  circuit: 's3',
  concurrency: 's3',
  rate_limit: 's3',
  held: 's3',
  pool_size: 's3',
  connections: 's3',
  handshakes: 's3',
};

/** What holds at this moment: a map from target to value for each lever. Replaced, never changed. */
export type LeverSnapshot = { readonly [L in LeverName]: ReadonlyMap<string, LeverValues[L]> };

/** What the data plane reads. Where nobody moves levers, every map is empty and its own settings hold. */
export abstract class Levers {
  abstract readonly now: LeverSnapshot;
  /** Told after each change, for what cannot read the snapshot when it needs it. @returns a function that ends it */
  abstract onChange(listener: (now: LeverSnapshot) => void): () => void;
  /** Milliseconds since the epoch at which what holds of it is released by itself; null: nobody knows when. */
  abstract until(lever: LeverName, target: string): number | null;
}

/** One lever as somebody has set it. */
export interface LeverSetting<L extends LeverName = LeverName> {
  lever: L;
  target: string;
  value: LeverValues[L];
  by: Writer;
  why: string;
  /** Milliseconds since the epoch; null: until it is released. */
  since: number;
  until: number | null;
  /** False where somebody of more weight says otherwise. */
  effective: boolean;
}

export interface Bounds {
  min?: number;
  max?: number;
}

/** What regulators write. */
export abstract class LeverWriter {
  /**
   * Sets a lever, or sets it anew.
   * @param why a sentence for the audit trail and for people
   * @param forMs milliseconds until it is released by itself
   * @throws GatewayError `forbidden` where that lever is another's, `overloaded` where more are set than may be, `invalid_message`
   *   for a figure that is negative or no number
   */
  abstract set<L extends LeverName>(
    by: Writer,
    lever: L,
    target: string,
    value: LeverValues[L],
    why: string,
    forMs?: number,
  ): void;
  /** Does nothing where nothing is set. */
  abstract release(by: Writer, lever: LeverName, target: string, why: string): void;
  /** S5's: values that S3 and S2 give this lever, whatever its target, are brought within them. */
  abstract bound(lever: LeverName, bounds: Bounds): void;
  /** Everything that is set, also what does not hold because somebody of more weight says otherwise. */
  abstract settings(): LeverSetting[];
  /** What a writer has set. */
  abstract setting<L extends LeverName>(by: Writer, lever: L, target: string): LeverSetting<L> | undefined;
  abstract boundsOf(lever: LeverName): Bounds;
}

/** Whether an instance gets nothing while another can take it. */
export function isAvoided({ suppressed, drained }: LeverSnapshot, instanceId: string): boolean {
  return suppressed.has(instanceId) || drained.has(instanceId);
}

/** Whether messages of this priority are not taken now. */
export function isShed({ priority_floor: floor }: LeverSnapshot, priority: Priority): boolean {
  const least = floor.get('');
  return least !== undefined && PRIORITIES.indexOf(priority) > PRIORITIES.indexOf(least);
}

/** Whether the gateway is in lockdown, and this is no operator. */
export function isLockedOut({ mode }: LeverSnapshot, { role }: Principal): boolean {
  return mode.get('') === 'lockdown' && role !== 'operator';
}

export function isTransport(name: string): name is TransportName {
  return ['http_sse', 'websocket', 'streamable_http'].includes(name);
}
