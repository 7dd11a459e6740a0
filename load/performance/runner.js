/** Runs the commands that measure, one at a time, each a process that cleans up after itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { progress } from '../lib/command.js';
import { withFolder } from '../lib/processes/folder.js';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
/** Milliseconds it has to end what it started. */
const ENDS_WITHIN = 15_000;

let running;
// It ends its own processes when it is told to end: killed at once, it would leave them.
process.once('exit', () => running?.kill('SIGTERM'));

/**
 * What the command wrote as JSON.
 * @param limit seconds
 * @throws where it wrote none
 */
export function ran([limit, script, ...args]) {
  return withFolder(async folder => {
    const file = join(folder, 'figures.json');
    const code = await ended([join(FOLDER, script), ...args.map(String), '--json', file], limit * 1_000);
    if (!existsSync(file)) throw new Error(`${script} ended with ${code} and had no figures`);
    return JSON.parse(readFileSync(file, 'utf8'));
  });
}

async function ended(args, limit) {
  running = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const timers = [
    setTimeout(() => {
      progress(`not done within ${limit / 1_000} s: ended`);
      running.kill('SIGTERM');
    }, limit),
    setTimeout(() => running.kill('SIGKILL'), limit + ENDS_WITHIN),
  ];
  try {
    const [code, signal] = await once(running, 'exit');
    return code ?? signal;
  } finally {
    timers.forEach(clearTimeout);
    running = undefined;
  }
}
