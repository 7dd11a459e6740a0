import { Api } from './api.js';
import { EXIT, Failure } from './exit.js';
import { Terminal } from './terminal.js';
import { Progress } from './progress.js';
import { harmless, harmlessJson } from './text.js';

/** Where text goes: a terminal, a file or a pipe. */
export interface Sink {
  write(text: string | Uint8Array): unknown;
  once?(event: 'drain', listener: () => void): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export interface Environment {
  out: Sink;
  err: Sink;
  env: Readonly<Record<string, string | undefined>>;
  /** Who is at work, for the audit trail. */
  user: string;
  /** Aborted when somebody presses Ctrl-C. */
  signal: AbortSignal;
}

/** What a command works with. */
export class Context {
  constructor(
    readonly api: Api,
    /** Whether answers are printed as they are. */
    readonly json: boolean,
    readonly around: Environment,
  ) {}

  get interrupted(): boolean {
    return this.around.signal.aborted;
  }

  /** For what has to be put back in order also after Ctrl-C. */
  get uninterrupted(): Api {
    return this.api.with(new AbortController().signal);
  }

  /** A page as wide as the terminal is now. */
  paper(): Terminal {
    const { out, env } = this.around;
    return new Terminal(out.isTTY ? out.columns || undefined : undefined, hasColours(out, env));
  }

  print(text: string): void {
    this.around.out.write(`${text}\n`);
  }

  printJson(data: unknown): void {
    this.print(harmlessJson(data));
  }

  /** Bytes for standard output, as fast as they are taken. */
  async pour(chunk: Uint8Array): Promise<void> {
    const { out } = this.around;
    if (out.write(chunk) === false && out.once) await new Promise<void>(done => out.once!('drain', done));
  }

  fail(failure: Failure): void {
    complain(failure, this.around);
  }

  progress(label: string): Progress {
    return new Progress(this.around.err, label);
  }
}

/** Says on standard error what went wrong. */
export function complain({ message, hint }: Failure, { err, env }: Pick<Environment, 'err' | 'env'>): void {
  const paper = new Terminal(undefined, hasColours(err, env));
  err.write(`${paper.bad('viable:')} ${harmless(message)}\n`);
  if (hint !== undefined) err.write(`  ${harmless(hint)}\n`);
}

/** https://no-color.org: any text in NO_COLOR means none. */
function hasColours({ isTTY }: Sink, { NO_COLOR, TERM }: Environment['env']): boolean {
  return isTTY === true && !NO_COLOR && TERM !== 'dumb';
}

/** Anything thrown, as a Failure. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const { stack } = thrown as Error;
  return new Failure(EXIT.defect, `This is a defect of the command: ${stack ?? String(thrown)}`);
}
