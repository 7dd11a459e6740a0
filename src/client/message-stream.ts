import { Envelope } from './protocol.js';

type Result = IteratorResult<Envelope, undefined>;
interface Waiting {
  resolve(result: Result): void;
  reject(error: Error): void;
}

/**
 * Messages for `for await`. A message counts as dispatched when the next one is asked for, or the loop is left; so a
 * loop is a handler like any other, from the first `next()` on.
 */
export class MessageStream implements AsyncIterableIterator<Envelope, undefined> {
  private waiting: Waiting[] = [];
  private taken: (() => void) | undefined;
  private off: (() => void) | undefined;
  private ended = false;
  private error: Error | undefined;

  /**
   * @param listen lets a handler listen until what it returns is called
   * @param onEnd called once
   */
  constructor(
    private readonly listen: (handler: (envelope: Envelope) => Promise<void>) => () => void,
    private readonly onEnd: () => void,
  ) {}

  next(): Promise<Result> {
    this.release();
    if (this.ended) return this.over();
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.off ??= this.listen(envelope => this.take(envelope));
    });
  }

  return(): Promise<Result> {
    this.release();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @param error what the loop is to be ended with; without one it ends well */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.off?.();
    this.onEnd();
    for (const { resolve, reject } of this.waiting.splice(0)) this.over().then(resolve, reject);
  }

  private over(): Promise<Result> {
    const { error } = this;
    this.error = undefined;
    return error ? Promise.reject(error) : Promise.resolve({ done: true, value: undefined });
  }

  private take(envelope: Envelope): Promise<void> {
    return new Promise(resolve => {
      this.waiting.shift()?.resolve({ done: false, value: envelope });
      // Whoever asked for more already is done with this one.
      if (this.waiting.length > 0 || this.ended) resolve();
      else this.taken = resolve;
    });
  }

  private release(): void {
    this.taken?.();
    this.taken = undefined;
  }
}
