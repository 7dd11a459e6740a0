#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Api } from './api.js';
import type { Args } from './command.js';
import { COMMANDS } from './commands/index.js';
import { completed } from './completion.js';
import { complain, Context, Environment, toFailure } from './context.js';
import { EXIT, ExitCode } from './exit.js';
import { run } from './run.js';
import { accessFrom } from './access.js';
import { understood } from './usage.js';

/** Who has asked no longer reads (`viable clients | head -1`): that is no failure. */
function endQuietlyWithThePipe(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (err: NodeJS.ErrnoException) => process.exit(err.code === 'EPIPE' ? EXIT.ok : EXIT.unwritable));
}

/** The first Ctrl-C ends in order, the second at once. */
function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (abort.signal.aborted) process.exit(EXIT.interrupted);
      abort.abort();
    });
  return abort.signal;
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'somebody';
  }
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function main(): Promise<ExitCode> {
  const { stdout: out, stderr: err, env } = process;
  const around: Environment = { out, err, env, user: user(), signal: interruption() };
  const apiFor = async (args: Args): Promise<Api> => new Api(await accessFrom(args, around));
  const complete = async (words: readonly string[], args: Args): Promise<string[]> =>
    apiFor(args).then(
      api => completed(words, COMMANDS, api),
      () => [],
    );
  const setting = { commands: COMMANDS, env, version: version(), columns: out.columns || undefined, complete };
  try {
    const chosen = await understood(process.argv.slice(2), setting);
    if (chosen === undefined) return EXIT.ok;
    return await run(chosen, new Context(await apiFor(chosen.args), chosen.args.json === true, around));
  } catch (thrown) {
    const failure = toFailure(thrown);
    complain(failure, around);
    return failure.code;
  }
}

endQuietlyWithThePipe();
process.exitCode = await main();
