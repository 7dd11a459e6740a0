import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The pids of this process's children that are alive now. */
export async function children(): Promise<number[]> {
  const listing = run('ps', ['-A', '-o', 'pid=,ppid=']);
  const rows = (await listing).stdout
    .trim()
    .split('\n')
    .map(row => row.trim().split(/\s+/).map(Number));
  return rows.filter(([pid, parent]) => parent === process.pid && pid !== listing.child.pid).map(([pid]) => pid!);
}
