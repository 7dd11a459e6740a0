import { existsSync, readFileSync } from 'node:fs';

const LIMITS = '/proc/self/limits';

/** What to do where a process may not have so many files and sockets open; undefined where it may, or nobody knows. */
export function filesMissing(count: number): string | undefined {
  if (!existsSync(LIMITS)) return undefined;
  const [, most] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync(LIMITS, 'latin1')) ?? [];
  return Number(most) < count ? `needs ulimit -n ${count}` : undefined;
}
