const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SHAPE = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

export const HOW_DURATIONS_ARE_WRITTEN = '500ms, 30s, 10m, 2h or 1d';

/**
 * A duration as people write it, such as `10m`.
 * @returns whole milliseconds, at least 1
 * @throws Error with a sentence that says how one is written
 */
export function readDuration(text: string): number {
  const [, figure, unit] = SHAPE.exec(text.trim()) ?? [];
  const ms = figure === undefined ? 0 : Math.round(Number(figure) * UNITS[unit as keyof typeof UNITS]);
  if (ms >= 1) return ms;
  throw new Error(`"${text}" is no duration: write ${HOW_DURATIONS_ARE_WRITTEN}.`);
}

/** Milliseconds as `850 ms`, `42s`, `3m 20s`, `2h 5m` or `1d 4h`. */
export function spellDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (Math.abs(ms) < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const [large, small, size] =
    seconds < 3_600 ? ['m', 's', 60] : seconds < 86_400 ? ['h', 'm', 3_600] : (['d', 'h', 86_400] as const);
  const rest = Math.floor((seconds % size) / (size === 60 ? 1 : size === 3_600 ? 60 : 3_600));
  return `${Math.floor(seconds / size)}${large}${rest === 0 ? '' : ` ${rest}${small}`}`;
}
