export interface ProbeResult {
  unit: string;
  ok: boolean;
  tookMs: number;
  /** Why not, as the code of an error. */
  error?: string;
}

/** Two counts of the same thing that were made independently of each other. */
export interface DoubleCount {
  /** What was counted, such as `sockets` or `leases`. */
  what: string;
  /** A transport, an instance, a session's label. */
  of: string;
  /** What the books say. */
  booked: number;
  /** What is there. */
  found: number;
  /** How they should stand to each other: `at_most` where more may be there than is booked. */
  relation: 'equal' | 'at_most';
}

/** How S3* sees for itself (S3 takes nobody's own report for granted). */
export abstract class Audit {
  /** The names of the units there are. */
  abstract units(): readonly string[];
  /** Asks a unit for a sign of life: `ping`, or a list; never a tool call. Nothing thrown. */
  abstract probe(unit: string): Promise<ProbeResult>;
  /** For up to so many sessions drawn at random: what its log holds against what its counters say. */
  abstract outboxes(most: number): Promise<DoubleCount[]>;
  /** Leases given out against places taken, for each instance. */
  abstract leases(): DoubleCount[];
}
