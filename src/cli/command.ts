import type { Options, PositionalOptions } from 'yargs';
import type { Method } from './api.js';
import type { Context } from './context.js';
import { HOW_DURATIONS_ARE_WRITTEN, readDuration } from './duration.js';
import { EXIT, ExitCode } from './exit.js';
import type { Terminal } from './terminal.js';
import { asItWas, harmlessData } from './text.js';
import { watched } from './watch.js';

/** What names there are to choose from, which only the gateway knows. */
export type NamesOf = 'clients' | 'units' | 'circuits' | 'targets';

export interface Argument extends PositionalOptions {
  names?: NamesOf;
}

/** What was given, by name, as yargs has checked it. */
export type Args = Readonly<Record<string, unknown>>;

/** What yargs must know of a command to read it, to explain it, and to complete it. */
export interface Wording {
  /** As yargs takes it, such as `client <id>`; its first word is the name. */
  syntax: string;
  about: string;
  arguments?: Readonly<Record<string, Argument>>;
  options?: Readonly<Record<string, Options>>;
  below?: readonly Command[];
}

export interface Command extends Wording {
  /** Missing where only those below it can be given. */
  run?(args: Args, desk: Context): Promise<ExitCode>;
}

export const duration = (describe: string): Options => ({
  type: 'string',
  describe: `${describe} (${HOW_DURATIONS_ARE_WRITTEN})`,
  coerce: (text?: string) => (text === undefined ? undefined : readDuration(text)),
});

/** A name as tables show it; what was escaped there becomes what it was. */
export const named = (describe: string, names?: NamesOf): Argument => ({
  type: 'string',
  describe,
  names,
  coerce: (text?: string) => (text === undefined ? undefined : asItWas(text)),
});

export const MOST: Options = { type: 'number', describe: 'At most so many', default: 100 };

const WATCH: Options = {
  type: 'string',
  describe: 'Look again every so many seconds (2), until Ctrl-C',
  coerce: (text?: string) => (text === undefined ? undefined : secondsOf(text)),
};

/** @param text `2`, `0.5`, or a duration; empty: the default */
function secondsOf(text: string): number {
  if (text === '') return 2_000;
  return readDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
}

/** Something that is read. */
export interface View<Answer, Given> extends Wording {
  path(given: Given): string;
  show(answer: Answer, paper: Terminal, given: Given): string;
  code?(answer: Answer): ExitCode;
}

/** A command that asks for something and shows it, again and again where `--watch` says so. */
export function view<Answer, Given = Args>(spec: View<Answer, Given>): Command {
  return {
    ...spec,
    options: { ...spec.options, watch: WATCH },
    run: (args, desk) => {
      const given = args as Given;
      return watched(args.watch as number | undefined, desk, async () => {
        const answer = await desk.api.get(spec.path(given));
        const text = (): string => spec.show(harmlessData(answer) as Answer, desk.paper(), given);
        return { answer, text, code: spec.code?.(answer as Answer) ?? EXIT.ok };
      });
    },
  };
}

export interface Request {
  method: Method;
  path: string;
  body?: object;
}

/** Something that is done. */
export interface Change<Answer, Given> extends Wording {
  ask(given: Given, desk: Context): Request | Promise<Request>;
  tell(answer: Answer, paper: Terminal, given: Given): string;
  /** Whether it can be for a while only. */
  passing?: boolean;
  /** Whether the gateway wants to know why; otherwise it takes no reason. */
  reasoned?: boolean;
}

export const FOR = duration('For so long, then it ends by itself');

export const WHY: Options = {
  type: 'string',
  describe: 'A sentence for the audit trail',
  defaultDescription: 'by the command line, and who you are',
};

/** A command that asks for a change and says what has come of it. */
export function change<Answer, Given = Args>(spec: Change<Answer, Given>): Command {
  const { reasoned = true, passing = false } = spec;
  return {
    ...spec,
    options: { ...spec.options, ...(reasoned && { why: WHY }), ...(passing && { for: FOR }) },
    run: async (args, desk) => {
      const { method, path, body } = await spec.ask(args as Given, desk);
      const more = { ...(reasoned && { why: whyOf(args, desk) }), ...(passing && { for_ms: args.for }) };
      const answer = await desk.api.send(method, path, { ...body, ...more });
      answered(desk, answer, () => spec.tell(harmlessData(answer) as Answer, desk.paper(), args as Given));
      return EXIT.ok;
    },
  };
}

/** Prints an answer as it is, or what is said of it. */
export function answered(desk: Context, answer: unknown, text: () => string): void {
  if (desk.json) desk.printJson(answer);
  else desk.print(text());
}

export function whyOf({ why }: Args, desk: Context): string {
  return (why as string | undefined) ?? `by the command line, ${desk.around.user}`;
}

/** A path with what is asked for; what is undefined is left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}

/** A path that is about one client. */
export function ofClient(id: string, what = ''): string {
  const name = encodeURIComponent(id);
  return what === '' ? `/mcp/health/client/${name}` : `/mcp/admin/clients/${name}/${what}`;
}
