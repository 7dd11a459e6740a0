import { editDistance } from '../kernel/edit-distance.js';

/** The known key that a mistyped one was most likely meant to be, or undefined if none is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const lower = given.toLowerCase();
  const ranked = known
    .map(key => ({ key, distance: editDistance(lower, key.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance <= Math.ceil(given.length / 3)) return best.key;
  return known.find(key => lower.length > 3 && key.toLowerCase().includes(lower));
}
