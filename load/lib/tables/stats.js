/** Numbers to fewer numbers. */

/** NaN of nothing. */
export function median(values) {
  return quantile(values, 0.5);
}

/** The value at this share of the sorted ones, between neighbours in proportion; NaN of nothing. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const next = sorted[below + 1] ?? sorted[below];
  // Not by their difference where they are equal: they may be infinite.
  return next === sorted[below] || place === below
    ? sorted[below]
    : sorted[below] + (place - below) * (next - sorted[below]);
}

/** Least squares: how much y grows for each x. NaN of fewer than two points. */
export function slope(points) {
  if (points.length < 2) return NaN;
  const mean = pick => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(point => point.x), mean(point => point.y)];
  const along = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  return along / points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
}
