/** What Linux tells of a process in /proc. A process that is gone has nothing: 0, or an empty list. */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second, on every architecture Node runs on. */
const MS_PER_TICK = 10;

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // ENOENT, or ESRCH when it went in the middle of our reading.
    return undefined;
  }
}

/** CPU time used so far, in ms, all threads; undefined where there is no such process or no /proc. */
export function cpuMs(pid) {
  // The second field is the command in parentheses and may hold blanks: count from behind it.
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Resident memory in bytes. */
export function rss(pid) {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kib ?? 0) * 1024;
}

/** Resident memory in bytes, pages that processes share divided among those who share them. */
export function pss(pid) {
  const kib = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return Number(kib ?? 0) * 1024;
}

/** Open file descriptors. */
export function fds(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Pids of the processes it has started itself; Node starts them all from its main thread. */
export function children(pid) {
  return (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);
}

/** Pids of its children, their children and so on. */
export function descendants(pid) {
  return children(pid).flatMap(child => [child, ...descendants(child)]);
}

/** The command line, blanks between the arguments. */
export function commandLine(pid) {
  return (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ');
}
