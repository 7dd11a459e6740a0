import { writeFrame } from './frames.js';
import { Ack, ClientFrame, WrittenFrame } from './protocol.js';
import { ViableError } from './viable-error.js';

export interface SendOptions {
  /** Gives the message up. It may have reached the gateway all the same. */
  signal?: AbortSignal;
  /** Milliseconds until the message is given up; without, it waits as long as the client lives. */
  timeout?: number;
}

interface Entry {
  readonly frame: WrittenFrame;
  sent: boolean;
  settle(result: Ack | ViableError): void;
  fail(reason: unknown): void;
}

/**
 * What was sent and not yet settled, in order: while there is a connection on its way, while there is none waiting for
 * one. What a dropped connection may have taken along is sent again with the same id.
 */
export class Outbox {
  private readonly entries = new Map<string, Entry>();
  private wire: ((frame: WrittenFrame) => void) | undefined;
  private held = false;
  private onQuiet: (() => void) | undefined;

  /** @param limit of entries */
  constructor(private readonly limit: number) {}

  /**
   * @returns rejected with `offline_queue_full`, `duplicate_id`, `timeout`, `TypeError` (data that is no JSON), what the gateway refused it with, what the
   *   client was closed with, or the reason of the signal
   */
  add(frame: ClientFrame & { id: string }, { signal, timeout }: SendOptions = {}): Promise<Ack> {
    const result = new Promise<Ack>((resolve, reject) => {
      // What a signal was aborted with need not be an error.
      const fail: (reason: unknown) => void = reject;
      if (signal?.aborted) return fail(signal.reason);
      if (this.entries.has(frame.id)) throw new ViableError('duplicate_id', 'A frame with this id is still in flight.');
      if (this.entries.size >= this.limit) {
        throw new ViableError('offline_queue_full', `${this.limit} messages are waiting already.`);
      }
      const finish = (): void => {
        this.entries.delete(frame.id);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.quieter();
      };
      const entry: Entry = {
        frame: writeFrame(frame),
        sent: false,
        settle: answer => (answer instanceof ViableError ? entry.fail(answer) : (finish(), resolve(answer))),
        fail: reason => (finish(), fail(reason)),
      };
      const abort = (): void => entry.fail(signal?.reason);
      signal?.addEventListener('abort', abort);
      const timer =
        timeout === undefined
          ? undefined
          : setTimeout(() => entry.fail(new ViableError('timeout', `No answer within ${timeout} ms.`)), timeout);
      this.entries.set(frame.id, entry);
      if (!this.held) this.send(entry);
    });
    // Whoever does not wait for the outcome is not to be ended by it.
    result.catch(() => undefined);
    return result;
  }

  /** There is a connection: everything unsettled goes there, in order. */
  online(wire: (frame: WrittenFrame) => void): void {
    this.wire = wire;
    this.held = false;
    for (const entry of [...this.entries.values()]) this.send(entry);
  }

  offline(): void {
    this.wire = undefined;
    this.held = false;
    this.onQuiet?.();
  }

  /**
   * Sends nothing new until `online` or `release`, so that what is in flight can be answered where it was asked.
   * @param patience milliseconds
   * @returns fulfilled when nothing is in flight, or the patience is at an end
   */
  async hold(patience: number): Promise<void> {
    if (!this.wire) return;
    this.held = true;
    if (!this.busy()) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, patience);
      this.onQuiet = () => (clearTimeout(timer), resolve());
    });
    this.onQuiet = undefined;
  }

  /** The connection stays: goes on sending. */
  release(): void {
    if (!this.held) return;
    this.held = false;
    for (const entry of [...this.entries.values()]) if (!entry.sent) this.send(entry);
  }

  /** @returns whether somebody waited for it */
  settle(id: string, answer: Ack | ViableError): boolean {
    const entry = this.entries.get(id);
    entry?.settle(answer);
    return entry !== undefined;
  }

  /** The frame that was too large for the gateway is the largest in flight. */
  failLargest(error: ViableError): void {
    const flying = [...this.entries.values()].filter(entry => entry.sent);
    flying.sort((one, other) => other.frame.text.length - one.frame.text.length)[0]?.settle(error);
  }

  close(error: ViableError): void {
    this.offline();
    for (const entry of [...this.entries.values()]) entry.fail(error);
  }

  private send(entry: Entry): void {
    if (!this.wire) return;
    entry.sent = true;
    this.wire(entry.frame);
  }

  private busy(): boolean {
    return [...this.entries.values()].some(entry => entry.sent);
  }

  private quieter(): void {
    if (this.onQuiet && !this.busy()) this.onQuiet();
  }
}
