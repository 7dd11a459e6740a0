import { editDistance } from '../kernel/edit-distance.js';

/** Names that are offered for one that is not there. */
const MOST = 3;

/** The names that are most like another, the nearest first. */
export function nearest(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(names)]
    .map(each => ({ each, far: distance(wanted, each.toLowerCase()) }))
    .filter(({ far }) => far <= allowed)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ each }) => each);
}

/** One where one begins with the other: whoever leaves off the end of a name means it. */
function distance(a: string, b: string): number {
  if (b.startsWith(a) || a.startsWith(b)) return a === b ? 0 : 1;
  return editDistance(a, b);
}
