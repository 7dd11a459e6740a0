/** Commands of this machine. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a command to its end. @throws with what it said when it fails */
export function must(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1e8, ...options });
  if (error !== undefined) throw new Error(`${command}: ${error.message}`);
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}\nexit code ${status}\n${stdout ?? ''}${stderr ?? ''}`);
  return stdout?.trim();
}

/** A folder that goes when the process does. */
export function scratch() {
  const folder = must('mktemp', ['-d', join(tmpdir(), 'viable-check-XXXXXX')]);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
