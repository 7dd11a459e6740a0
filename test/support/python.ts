import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ExampleProcess } from './running-example.js';

const REQUIREMENTS = resolve('test/fixtures/examples/requirements.txt');
const CACHE = resolve('node_modules/.cache');

/** The Python of a virtual environment with what the examples need, or what to do about it that there is none. */
const { python, missing } = environment();

/** What to install, undefined if it is there. */
export const pythonMissing = missing;

/** Runs a Python file. */
export function runPython(...args: string[]): Promise<ExampleProcess> {
  return ExampleProcess.start(python!, args, { PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' });
}

/**
 * One environment for each version of Python and of what is required. It is made aside and then moved into its place, so
 * that test files that run at the same time do not meet in a half one; what is run of it does not mind being moved.
 */
function environment(): { python?: string; missing?: string } {
  const version = run('python3', [
    '-c',
    'import ensurepip, sys, venv; assert sys.version_info >= (3, 9); print(sys.version)',
  ]);
  if (version.error !== undefined)
    return { missing: 'needs Python ≥ 3.9 with venv: apt-get install python3 python3-venv' };
  const key = createHash('sha256').update(version.output).update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `viable-python-${key}`);
  const python = join(folder, 'bin/python');
  if (existsSync(python)) return { python };
  const aside = `${folder}.${process.pid}`;
  mkdirSync(CACHE, { recursive: true });
  const made = run('python3', ['-m', 'venv', aside]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:'];
  const { error } = made.error === undefined ? run(join(aside, 'bin/python'), [...pip, '-r', REQUIREMENTS]) : made;
  if (error === undefined && !existsSync(python)) moveUnlessThere(aside, folder);
  rmSync(aside, { recursive: true, force: true });
  return error === undefined
    ? { python }
    : { missing: `needs what is in ${REQUIREMENTS} from a Python package index: ${error}` };
}

/** @returns what the command wrote, or the last line of its complaint */
function run(command: string, args: string[]): { output: string; error?: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 180_000 });
  if (status === 0) return { output: stdout };
  return { output: '', error: error?.message ?? stderr.trim().split('\n').at(-1) ?? `${command} ended with ${status}` };
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (thrown) {
    // Somebody was faster; theirs is as good.
    if (!['ENOTEMPTY', 'EEXIST'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
  }
}
