/** A decision of the control plane, or of an operator. */
export interface Decision {
  /** Milliseconds since the epoch. */
  at: number;
  /** `s2` … `s5`, `s3*`, `algedonic`, `operator`. */
  by: string;
  /** Such as `set rate_limit`, `mode`, `refuse switch`. */
  action: string;
  /** What it is about: a client, an instance, a unit; empty for the gateway. */
  target: string;
  /** A sentence. */
  why: string;
  /** Plain data; never payloads, tokens or arguments. */
  details?: Readonly<Record<string, unknown>>;
}

/** Where decisions are written down. */
export abstract class AuditLog {
  /** Nothing thrown: what cannot be kept is logged and lost. */
  abstract note(decision: Decision): void;
  /** The newest first. */
  abstract recent(most: number): Promise<Decision[]>;
}
