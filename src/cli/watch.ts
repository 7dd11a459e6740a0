import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from './context.js';
import { EXIT, ExitCode, Failure } from './exit.js';
import { harmless } from './text.js';

export interface Look {
  /** What the gateway has answered. */
  answer: unknown;
  /** The same for people. */
  text(): string;
  code: ExitCode;
}

const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_REST = '\x1b[J';
const CLEAR_ALL = '\x1b[2J';

/** What passes by itself: who has seen something already goes on watching. */
const PASSING: readonly number[] = [EXIT.unreachable, EXIT.later];

/**
 * Looks once; or, with an interval, again and again until it is interrupted, which is no failure.
 * @param every ms
 * @returns the code of the last look
 */
export async function watched(every: number | undefined, desk: Context, look: () => Promise<Look>): Promise<ExitCode> {
  if (every === undefined) {
    const { answer, text, code } = await look();
    if (desk.json) desk.printJson(answer);
    else desk.print(text());
    return code;
  }
  const screen = new Screen(desk);
  let code: ExitCode | undefined;
  while (!desk.interrupted) {
    try {
      const seen = await look();
      code = seen.code;
      screen.show(seen);
    } catch (thrown) {
      if (desk.interrupted) break;
      if (code === undefined || !(thrown instanceof Failure) || !PASSING.includes(thrown.code)) throw thrown;
      code = thrown.code;
      screen.failed(thrown);
    }
    await delay(every, undefined, { signal: desk.around.signal }).catch(() => undefined);
  }
  return code ?? EXIT.ok;
}

/** Draws each look in the place of the last in a terminal, and one after the other elsewhere. */
class Screen {
  private looks = 0;

  constructor(private readonly desk: Context) {}

  show({ answer, text }: Look): void {
    if (this.desk.json) return this.desk.printJson(answer);
    this.draw(text());
  }

  failed(failure: Failure): void {
    if (this.desk.json || !this.desk.around.out.isTTY) return this.desk.fail(failure);
    this.draw(`${this.desk.paper().bad('viable:')} ${harmless(failure.message)}`);
  }

  private draw(text: string): void {
    const { out } = this.desk.around;
    const first = this.looks++ === 0;
    if (!out.isTTY) return this.desk.print(first ? text : `\n${text}`);
    const lines = text.split('\n');
    const room = Math.max((out.rows || 24) - 1, 1);
    const shown =
      lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines;
    const page = shown.map(line => `${line}${CLEAR_LINE}\n`).join('');
    out.write(`${first ? CLEAR_ALL : ''}${HOME}${page}${CLEAR_REST}`);
  }
}
