import { frameOf } from './frames.js';
import { GatewayFrame, WrittenFrame } from './protocol.js';
import { refusalOf } from './refusal.js';
import { asViableError, ViableError } from './viable-error.js';

/** Frames in one POST. */
const BATCH = 100;
/** Characters in one POST, unless a single frame has more. */
const SIZE = 64 * 1024;
const TIMEOUT = 15_000;
/** Milliseconds for what is left when the wire closes. */
const FAREWELL = 1_000;

/**
 * Takes frames to the gateway beside an event stream: one POST after another, so that they stay in order, each with all
 * that has gathered meanwhile.
 */
export class PostQueue {
  private waiting: WrittenFrame[] = [];
  private running: Promise<void> | undefined;
  private closed = false;
  private readonly abort = new AbortController();

  /**
   * @param onFrame gets the answers
   * @param onFailure called once, when nothing can be sent any more
   */
  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string>,
    private readonly onFrame: (frame: GatewayFrame) => void,
    private readonly onFailure: (error: ViableError) => void,
  ) {}

  add(frame: WrittenFrame): void {
    if (this.closed) return;
    this.waiting.push(frame);
    this.running ??= this.run();
  }

  /** Sends what is left and takes no more. Never rejects. */
  async finish(): Promise<void> {
    this.closed = true;
    const timer = setTimeout(() => this.abort.abort(), FAREWELL);
    await this.running;
    clearTimeout(timer);
  }

  /** Sends nothing more. */
  abandon(): void {
    this.closed = true;
    this.waiting = [];
    this.abort.abort();
  }

  private async run(): Promise<void> {
    // What is added in the same turn goes with it.
    await Promise.resolve();
    let single = false;
    while (this.waiting.length > 0) {
      const batch: WrittenFrame[] = this.waiting.splice(0, single ? 1 : this.fitting());
      try {
        const error = await this.post(batch.map(frame => frame.text));
        single = error !== undefined && batch.length > 1;
        // One of them is to blame: find out which.
        if (single) this.waiting.unshift(...batch);
        else if (error) this.onFrame({ kind: 'answer', id: batch[0]?.id ?? null, error });
      } catch (thrown) {
        this.waiting = [];
        if (!this.closed) this.onFailure(thrown as ViableError);
        this.closed = true;
      }
    }
    this.running = undefined;
  }

  private fitting(): number {
    let size = 0;
    const end = this.waiting.slice(0, BATCH).findIndex(frame => (size += frame.text.length) > SIZE);
    return end < 0 ? BATCH : Math.max(end, 1);
  }

  /**
   * @returns why the gateway will not have these frames, however often they come
   * @throws ViableError why it can have no frames now
   */
  private async post(texts: string[]): Promise<ViableError | undefined> {
    const timer = setTimeout(() => this.abort.abort(), TIMEOUT);
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { ...this.headers, 'content-type': 'application/json' },
        body: texts.length === 1 ? texts[0] : `[${texts.join(',')}]`,
        signal: this.abort.signal,
        keepalive: this.closed,
      });
      if (response.status === 400 || response.status === 413) return await refusalOf(response);
      if (!response.ok) throw await refusalOf(response);
      const answers: unknown = await response.json();
      for (const answer of Array.isArray(answers) ? answers : [answers]) this.onFrame(frameOf(answer));
      return undefined;
    } catch (thrown) {
      throw asViableError(thrown);
    } finally {
      clearTimeout(timer);
    }
  }
}
