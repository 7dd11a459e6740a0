import { Args, change, Command, FOR, view, WHY } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, Failure } from '../exit.js';
import type { Terminal } from '../terminal.js';

interface LogLevel {
  level: string;
  configured: string;
  until: string | null;
}

const PATH = '/mcp/admin/log-level';
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

function told({ level, configured, until }: LogLevel, paper: Terminal): string {
  return paper.facts({
    level: level === configured ? level : paper.odd(level),
    configured,
    until: until === null ? undefined : paper.time(until),
  });
}

const show = view<LogLevel>({ syntax: 'log-level', about: '', path: () => PATH, show: told });

const set = change<LogLevel, { level: string }>({
  syntax: 'log-level',
  about: '',
  passing: true,
  ask: ({ level }) => ({ method: 'PUT', path: PATH, body: { level } }),
  tell: told,
});

const reset = change<LogLevel>({
  syntax: 'log-level',
  about: '',
  ask: () => ({ method: 'DELETE', path: PATH, body: {} }),
  tell: told,
});

export const logLevel: Command = {
  syntax: 'log-level [level]',
  about: 'How much the gateway logs; or set that, or reset it',
  arguments: { level: { type: 'string', choices: [...LEVELS, 'reset'], describe: 'What to log from now on' } },
  options: { ...show.options, why: WHY, for: FOR },
  run: (args: Args, desk: Context) => {
    const { level, watch } = args;
    if (level === undefined) return show.run!(args, desk);
    if (watch !== undefined) throw new Failure(EXIT.usage, '--watch is for looking, not for setting a level.');
    return (level === 'reset' ? reset : set).run!(args, desk);
  },
};
