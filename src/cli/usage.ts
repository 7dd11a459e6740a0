import yargs, { Argv, Options } from 'yargs';
import type { Args, Command } from './command.js';
import { HOW_DURATIONS_ARE_WRITTEN, readDuration } from './duration.js';
import { EXIT, Failure } from './exit.js';

/** A command as it was given. */
export interface Chosen {
  command: Command;
  args: Args;
}

export interface Setting {
  commands: readonly Command[];
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  columns: number | undefined;
  /** What can stand at the end of these words. */
  complete(words: readonly string[], args: Args): Promise<string[]>;
}

const DEFAULT_URL = 'http://127.0.0.1:4000';

const AFTERWORD = [
  "The token is the gateway's management.admin_token. It is read from MCP_ADMIN_TOKEN or from a file; there is no option for it, because everybody on this machine could read it in the list of processes.",
  `Durations are written ${HOW_DURATIONS_ARE_WRITTEN}.`,
  'Exit codes: 0 done; 1 not well (status); 64 wrong usage; 65 refused as invalid; 66 no such client or file; 69 the gateway cannot be reached; 70 a defect; 73 the file cannot be written; 75 try again later; 77 no token, a wrong one, or not allowed; 130 interrupted.',
  'More, with examples: docs/CLI.md',
].join('\n\n');

/**
 * Finds out what was asked for. Help, version and completions are answered here.
 * @returns undefined where that was all
 * @throws Failure with EXIT.usage
 */
export async function understood(words: readonly string[], setting: Setting): Promise<Chosen | undefined> {
  let chosen: Chosen | undefined;
  const parser = yargs()
    .scriptName('viable')
    .usage('$0 COMMAND [options]: look at a running gateway, and steer it')
    .locale('en')
    .version(setting.version)
    .alias('version', 'v')
    .alias('help', 'h')
    .options(globals(setting.env))
    .group(['url', 'token-file', 'timeout', 'json', 'help', 'version'], 'Always:')
    .parserConfiguration({
      'duplicate-arguments-array': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .completion('completion', 'Print a script for completion: viable completion >> ~/.bashrc', (async (
      current: string,
      args: Args,
      defaults: (done: (err: Error | null, found?: string[]) => void) => void,
      done: (found: string[]) => void,
    ) => {
      const known = await new Promise<string[]>(found => defaults((_, all) => found(all ?? [])));
      const typed = (args._ as unknown[]).map(String).slice(1);
      const own = current.startsWith('-') ? [] : await setting.complete(typed, args);
      done([...own, ...known]);
    }) as never)
    .demandCommand(1, 'Say what to do.')
    .strict()
    .recommendCommands()
    .wrap(Math.min(Math.max(setting.columns ?? 100, 80), 120))
    .epilogue(AFTERWORD)
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof Failure
        ? error
        : new Failure(
            EXIT.usage,
            (message ?? error.message).replace(/\s*\n\s*/g, ' '),
            'viable --help lists what there is.',
          );
    });
  declare(parser, setting.commands, (command, args) => (chosen = { command, args }));
  await parser.parseAsync(watchable(words));
  return chosen;
}

function globals(env: Setting['env']): Record<string, Options> {
  return {
    url: {
      type: 'string',
      describe: "The gateway's management listener (VIABLE_URL)",
      default: env.VIABLE_URL || DEFAULT_URL,
    },
    'token-file': { type: 'string', describe: 'A file with the admin token, instead of MCP_ADMIN_TOKEN' },
    timeout: {
      type: 'string',
      describe: 'How long to wait for a sign of life (500ms, 30s)',
      default: '10s',
      coerce: readDuration,
    },
    json: { type: 'boolean', default: false, describe: "The gateway's answer as it is, on one line" },
  };
}

function declare(parser: Argv, commands: readonly Command[], choose: (command: Command, args: Args) => void): void {
  for (const command of commands) {
    parser.command(
      command.syntax,
      command.about,
      own => {
        for (const [name, argument] of Object.entries(command.arguments ?? {})) own.positional(name, argument);
        // Not for those below it: what is watched is not what is set.
        for (const [name, option] of Object.entries(command.options ?? {}))
          own.option(name, { ...option, global: false });
        declare(own, command.below ?? [], choose);
        return command.run ? own : own.demandCommand(1, `Say which: viable ${command.syntax} --help lists them.`);
      },
      args => choose(command, args),
    );
  }
}

/** `--watch` may stand alone; yargs would take the next word for its value. */
function watchable(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  return words.map((word, i) => {
    const alone =
      word === '--watch' && (end === -1 || i < end) && !/^\d+(\.\d+)?(ms|s|m|h|d)?$/.test(words[i + 1] ?? '');
    return alone ? '--watch=' : word;
  });
}
