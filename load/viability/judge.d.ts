import { Figures } from './figures.js';

type Compared = Pick<Figures, 'calmShare' | 'calmP99' | 'share' | 'p99' | 'failedShare' | 'recovery'>;

export const VERDICTS: { better: string; equal: string; worse: string };
export function judge(
  on: readonly Compared[],
  off: readonly Compared[],
): { verdict: string; better: string[]; worse: string[]; though: string[] };
export function complaints(
  results: readonly { name: string; held: boolean; on: readonly Compared[]; off: readonly Compared[] }[],
): string[];
