import { writeFrame } from './frames.js';
import { Position, WrittenFrame } from './protocol.js';

const BATCH = 32;
const DELAY = 20;

/** Acknowledges what was dispatched: cumulatively, every 32 messages or after 20 ms. */
export class Acks {
  private latest: Position | undefined;
  private count = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param send gives a frame to the connection, if there is one
   * @param before called with the position before it is acknowledged, so that what is kept is never behind that
   */
  constructor(
    private readonly send: (frame: WrittenFrame) => void,
    private readonly before: (position: Position) => void = () => undefined,
  ) {}

  dispatched(position: Position): void {
    if (this.latest && this.latest.epoch !== position.epoch) this.count = 0;
    this.latest = position;
    if (++this.count >= BATCH) return this.flush();
    this.timer ??= setTimeout(() => this.flush(), DELAY);
  }

  flush(): void {
    const { latest } = this;
    this.forget();
    if (!latest) return;
    this.before(latest);
    this.send(writeFrame({ type: 'ack', sequence: latest.last, epoch: latest.epoch }));
  }

  /** Nothing dispatched so far is to be acknowledged any more: there is no connection, or another epoch. */
  forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.latest = undefined;
    this.count = 0;
  }
}
