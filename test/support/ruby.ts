import { spawnSync } from 'node:child_process';
import { ExampleProcess } from './running-example.js';

const { status } = spawnSync('ruby', ['-e', 'require "faye/websocket"; require "eventmachine"'], { timeout: 20_000 });

/** What to install, undefined if it is there. */
export const rubyMissing =
  status === 0
    ? undefined
    : 'needs Ruby with faye-websocket: apt-get install ruby ruby-faye-websocket ruby-eventmachine';

/** Runs a Ruby file. Into a pipe Ruby would write only when it ends. */
export function runRuby(...args: string[]): Promise<ExampleProcess> {
  return ExampleProcess.start('ruby', ['-e', '$stdout.sync = true; load ARGV.shift', ...args]);
}
