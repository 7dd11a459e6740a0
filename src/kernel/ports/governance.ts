import { LeverName, LeverValues, Mode } from './levers.js';
import { Policy } from './policy.js';

/** The policy that holds, and where it is from. */
export interface PolicyState {
  /** Counts from 1 with each policy that was taken. */
  version: number;
  /** `built-in`, `operator`, or the file's path. */
  source: string;
  /** Milliseconds since the epoch. */
  since: number;
  policy: Policy;
  /** The newest one that was not in order, if it came after the one that holds. */
  rejected: { at: number; source: string; why: string } | null;
}

/** What operators ask of S5. Each request is held against what the policy says this gateway is. */
export abstract class Governance {
  abstract policy(): PolicyState;
  /**
   * Puts another policy in the place of the one that holds, until the file changes or the process ends.
   * @throws GatewayError `invalid_message` with what is wrong, `forbidden`
   */
  abstract replacePolicy(input: unknown): PolicyState;
  /** @throws GatewayError `forbidden`, `invalid_message` where the policy's limits are narrower, `overloaded` */
  abstract set<L extends LeverName>(lever: L, target: string, value: LeverValues[L], why: string, forMs?: number): void;
  /** @returns whether S5 had set it. @throws GatewayError `forbidden` */
  abstract release(lever: LeverName, target: string, why: string): boolean;
  /** @param mode null leaves the mode to what happens. @throws GatewayError `forbidden` */
  abstract pin(mode: Mode | null, why: string, forMs?: number): void;
  /** Whether an operation fits what the gateway is. @throws GatewayError `forbidden` */
  abstract verify(operation: string): void;
}
