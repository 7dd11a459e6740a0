const IN_MS = { s: 1_000, m: 60_000 };

/** Rules of Prometheus with each duration divided by the same factor; what they look at and their thresholds stay. */
export function quickened(rules: string, factor: number): string {
  const divided = (count: string, unit: string): string =>
    `${Math.round((Number(count) * IN_MS[unit as keyof typeof IN_MS]) / factor)}ms`;
  return rules
    .replace(/\[(\d+)([sm])\]/g, (_, count: string, unit: string) => `[${divided(count, unit)}]`)
    .replace(
      /^( *for:) (\d+)([sm])$/gm,
      (_, key: string, count: string, unit: string) => `${key} ${divided(count, unit)}`,
    );
}
