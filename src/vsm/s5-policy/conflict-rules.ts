import { LeverName } from '../../kernel/ports/levers.js';

/*
 * Where S3, which uses what there is here and now, and S4, which sees what is coming, do not agree, S5 decides by these rules.
 */

/** A lever as S3 has just set or released it. */
export interface Move {
  lever: LeverName;
  target: string;
  /** Null: released. */
  value: unknown;
  /** What held before; undefined where nothing was set, and nobody knows what holds then. */
  before: number | undefined;
}

/** What S4 says that counts at this moment. */
export interface S4Outlook {
  /** How much more is expected than there is, as a factor; 1 where nothing is. And for how long, in ms. */
  growth: number;
  horizonMs: number;
  /** Connections of one transport that are expected; 0 where nothing is. */
  expectedConnections: (transport: string) => number;
  /** What a client does that is out of the ordinary. */
  patternOf: (client: string) => string | undefined;
  /** Whether the errors of this instance, or of its unit, are out of what was learned. */
  hasErrorAnomaly: (target: string) => boolean;
  /** Whether the gateway itself is short of something now. */
  strained: boolean;
}

/** S5 holds a value for a time, or says only what it thinks of it. */
export interface Ruling {
  rule: RuleName;
  hold?: { value: number; forMs: number };
}

/** Above this S4's forecast counts. */
const GROWTH = 1.2;
/** The longest time for which a client is held to its limit by one ruling, in ms: a pattern that never ends is S3's again. */
const PATTERN_HOLD = 300_000;

interface Rule {
  lever: LeverName;
  /** Written into the audit trail with each ruling. */
  sentence: string;
  judge(move: Move, outlook: S4Outlook): Omit<Ruling, 'rule'> | undefined;
}

export const RULES = {
  keep_pool: {
    lever: 'pool_size',
    sentence:
      'S3 makes a pool smaller for what is needed now, while S4 expects more than 20 % more: what is taken down would have to be built again at once, so the larger size holds until the time of the forecast has passed.',
    judge: ({ value, before }, { growth, horizonMs }) =>
      typeof value === 'number' && before !== undefined && value < before && growth > GROWTH
        ? { hold: { value: before, forMs: horizonMs } }
        : undefined,
  },
  keep_limit: {
    lever: 'rate_limit',
    sentence:
      'S3 gives a client more because it is quiet now, while S4 still sees a pattern in what it does: the limit holds until the pattern is over.',
    judge: ({ target, value, before }, { patternOf }) =>
      before !== undefined && (value === null || (value as number) > before) && patternOf(target) !== undefined
        ? { hold: { value: before, forMs: PATTERN_HOLD } }
        : undefined,
  },
  admit_forecast: {
    lever: 'connections',
    sentence:
      'S3 allots fewer connections than S4 expects, and nothing is short: clients would be turned away for thrift, so as many may come as are expected.',
    judge: ({ target, value }, { expectedConnections, strained, horizonMs }) => {
      const expected = Math.ceil(expectedConnections(target));
      return typeof value === 'number' && value < expected && !strained
        ? { hold: { value: expected, forMs: horizonMs } }
        : undefined;
    },
  },
  warn_closed: {
    lever: 'circuit',
    sentence:
      'A circuit is held closed while S4 sees errors there that are out of the ordinary: whoever holds it closed has his reasons and keeps his word, but is told.',
    judge: ({ target, value }, { hasErrorAnomaly }) => (value === 'closed' && hasErrorAnomaly(target) ? {} : undefined),
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

const NAMES = Object.keys(RULES) as RuleName[];

/** What S5 says to a move of S3's; undefined: nothing. */
export function judge(move: Move, outlook: S4Outlook): Ruling | undefined {
  for (const rule of NAMES) {
    if (RULES[rule].lever !== move.lever) continue;
    const ruling = RULES[rule].judge(move, outlook);
    if (ruling) return { rule, ...ruling };
  }
  return undefined;
}
