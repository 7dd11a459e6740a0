/** Something hurts: it goes to S5, to operators and to clients that may know, past everybody else. */
export interface Pain {
  /** The pleasure that ends it has the same. */
  id: string;
  signal_type: 'pain';
  severity: 'moderate' | 'critical';
  /** Such as `pool`, `circuit`, `instance`, `transport`; with `of` what it is about. */
  source: string;
  of: string;
  message: string;
  suggested_action: string;
  /** When it began, and when it was told; ISO 8601. */
  since: string;
  timestamp: string;
  /** How often it was felt since it began: repeats are folded into one. */
  count: number;
  context: Readonly<Record<string, number | string>>;
}

export interface Pleasure {
  id: string;
  signal_type: 'pleasure';
  severity: 'moderate';
  source: string;
  of: string;
  message: string;
  timestamp: string;
  /** Since the pain began. */
  recovery_time_ms: number;
}

/** The signals there are, for those who come later than they were told. */
export abstract class Signals {
  /** Pains that have not ended, the oldest first. */
  abstract open(): readonly Pain[];
  /** What was told last, the newest first. */
  abstract recent(most: number): readonly (Pain | Pleasure)[];
}
