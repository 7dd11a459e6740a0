/** Names that are offered for one that is not there. */
const MOST = 3;

/** The names that are most like another, the nearest first. */
export function nearest(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(names)]
    .map(each => ({ each, far: distance(wanted, each.toLowerCase(), allowed) }))
    .filter(({ far }) => far <= allowed)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ each }) => each);
}

/** Changes that make one of the other (Levenshtein); 1 where one begins with the other. More than `most` is `most + 1`. */
function distance(a: string, b: string, most: number): number {
  if (b.startsWith(a) || a.startsWith(b)) return a === b ? 0 : 1;
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return Math.min(row[b.length]!, most + 1);
}
