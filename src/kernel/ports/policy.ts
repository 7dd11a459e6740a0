import { Bounds, LeverName, Mode } from './levers.js';

/** Levers that a policy may keep within bounds. */
export const BOUNDED = [
  'rate_limit',
  'concurrency',
  'pool_size',
  'connections',
  'handshakes',
] as const satisfies LeverName[];

/**
 * Who may use what. Names may hold `*` for any characters. What a rule does not say is left to the credentials; of several
 * rules the first one that fits holds.
 */
export interface PrincipalRule {
  /** A principal's id: `anonymous`, `token`, `jwt:ISSUER:SUBJECT`; `*` for everybody. */
  readonly principal: string;
  /** Only those who have this role by their credentials. */
  readonly role?: string;
  /** Units that exist for them. */
  readonly units?: readonly string[];
  /** Topics that they may follow. */
  readonly topics?: readonly string[];
  /** Whether they may publish; a list: to these topics only. */
  readonly publish?: boolean | readonly string[];
  /** The scopes that they have, whatever their credentials say. */
  readonly scopes?: readonly string[];
}

/** When the mode changes by itself. Durations in ms. */
export interface ModeSettings {
  /** Holds this mode, whatever happens. */
  readonly mode?: Mode;
  /** Critical pains that are open at once. */
  readonly critical_pains: number;
  /** 99th percentile of the event loop's delay, in ms. */
  readonly loop_delay: number;
  /** Share of the bytes that all buffers may hold. */
  readonly buffers: number;
  /** Share of calls that fail, where more than one unit is concerned. */
  readonly error_rate: number;
  /** How long a cause lasts before the gateway is degraded. */
  readonly degrade_after: number;
  /** What it must be in for the gateway to be locked, and how long it must have been degraded. */
  readonly lockdown_loop_delay: number;
  readonly lockdown_buffers: number;
  readonly lockdown_after: number;
  /** How long there must be no cause before it goes back by one step. */
  readonly recover_after: number;
}

/** What S5 goes by. */
export interface Policy {
  readonly identity: {
    /** What this gateway is for, in a sentence. */
    readonly purpose: string;
    /** Operations that do not fit that, such as `mode.lockdown`, `lever.*`, `policy.replace`. */
    readonly forbids: readonly string[];
  };
  /** Bounds of levers, by their name, and numbers that other regulators go by (`switch_max`, `pattern_…`). */
  readonly limits: Readonly<Record<string, Bounds | number>>;
  readonly modes: ModeSettings;
  readonly principals: readonly PrincipalRule[];
  /** What becomes of those whom no rule fits: `allow` leaves them to their credentials. */
  readonly default: 'allow' | 'deny';
}

/** Makes policies of what people write. @throws Error that says what is wrong, and where */
export abstract class PolicyReader {
  abstract parse(input: unknown): Policy;
  /** @param path absolute, of a YAML or JSON file */
  abstract read(path: string): Policy;
}
