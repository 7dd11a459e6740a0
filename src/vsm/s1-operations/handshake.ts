import { GatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';

/** Id of the `initialize` request at the unit; calls are numbered from 1. */
const ID = '0';

/** One `initialize` under way at one instance: it ends with the unit's answer, its death, or the time limit. */
export class Handshake {
  private settle!: { resolve: (response: Frame) => void; reject: (why: GatewayError) => void };
  private over = false;
  private readonly timer: NodeJS.Timeout;
  /** The unit's answer, under the id the client gave. */
  readonly answer: Promise<Frame>;

  constructor(
    private readonly request: Frame,
    /** Milliseconds. */
    timeout: number,
  ) {
    this.answer = new Promise<Frame>((resolve, reject) => (this.settle = { resolve, reject }));
    this.answer.catch(() => undefined);
    const late = `The unit did not answer initialize within ${timeout} ms.`;
    this.timer = setTimeout(() => this.fail(new GatewayError('unit_timeout', late)), timeout);
  }

  /** The request as the unit gets it. */
  get outgoing(): Frame {
    return this.request.rewrite({ id: ID });
  }

  get underWay(): boolean {
    return !this.over;
  }

  /** Whether the frame was the awaited answer. */
  take(frame: Frame): boolean {
    if (this.over || frame.kind !== 'response' || frame.id !== ID) return false;
    this.finish();
    this.settle.resolve(frame.rewrite({ id: this.request.id }));
    return true;
  }

  /** Whether the handshake was still under way. */
  fail(why: GatewayError): boolean {
    if (this.over) return false;
    this.finish();
    this.settle.reject(why);
    return true;
  }

  private finish(): void {
    this.over = true;
    clearTimeout(this.timer);
  }
}
