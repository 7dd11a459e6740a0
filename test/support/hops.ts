import { OutgoingMessage } from 'node:http';
import { Socket } from 'node:net';
import { sep } from 'node:path';

type Write = (this: object, chunk: unknown, ...rest: unknown[]) => unknown;

const SRC = `${sep}src${sep}`;

/**
 * By which files of `src/` a text goes: each call from one file into another on the stack when bytes with that text leave
 * the process, and what the calls before awaited. Nothing is marked by hand: all writes are looked at.
 */
export class Hops {
  private readonly paths: string[][] = [];
  private readonly restore: (() => unknown)[] = [];

  constructor(private readonly text: string) {
    this.watch(Socket.prototype as never, 'write');
    this.watch(OutgoingMessage.prototype as never, 'write');
    this.watch(OutgoingMessage.prototype as never, 'end');
  }

  /** Looks at the calls of this method, too, by what they are given. */
  at<T extends object>(prototype: T, name: keyof T & string): this {
    this.watch(prototype as never, name);
    return this;
  }

  /** The files of each write so far, the first that was called first. */
  get all(): readonly string[][] {
    return this.paths;
  }

  stop(): void {
    for (const restore of this.restore) restore();
  }

  private watch(prototype: Record<string, Write>, name: string): void {
    const own = Object.getOwnPropertyDescriptor(prototype, name);
    const original = prototype[name]!;
    const look = (chunk: unknown): void => this.look(chunk);
    prototype[name] = function (chunk, ...rest) {
      look(chunk);
      return original.call(this, chunk, ...rest);
    };
    this.restore.push(() => (own ? Object.defineProperty(prototype, name, own) : delete prototype[name]));
  }

  private look(chunk: unknown): void {
    if (!textOf(chunk).includes(this.text)) return;
    const files = filesOf(stack());
    // A write inside another one is the same one.
    if (files.length > 0 && files.join() !== this.paths.at(-1)?.join()) this.paths.push(files);
  }
}

function textOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk).toString('latin1');
  return typeof chunk === 'object' ? JSON.stringify(chunk) : '';
}

function stack(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const { stack: text = '' } = new Error();
  Error.stackTraceLimit = limit;
  return text;
}

/** Files of `src/` in the order in which they were called; calls within a file count once. */
function filesOf(text: string): string[] {
  const files = [...text.matchAll(/\(?([^\s()]+\.ts):\d+:\d+\)?$/gm)]
    .map(([, path]) => path!)
    .filter(path => path.includes(SRC))
    .map(path => path.slice(path.lastIndexOf(SRC) + SRC.length))
    .reverse();
  return files.filter((file, i) => file !== files[i - 1]);
}
