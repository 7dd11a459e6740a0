import { Gap } from '../../src/delivery/position.js';
import { Sink } from '../../src/delivery/cursor.js';
import { Clock } from '../../src/kernel/clock.js';
import { Entry } from '../../src/kernel/ports/envelope.js';

/** Jest's fake time. Both its times are the same. */
export class FakedClock extends Clock {
  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return Date.now();
  }
}

/** A connection whose socket takes everything at once, or, when slow, what it is told to take. */
export class FakeSink implements Sink {
  attached = true;
  slow = false;
  /** What was written, in order, and what has left the socket of it. */
  readonly written: Entry[] = [];
  left = 0;
  readonly gaps: Gap[] = [];
  onDeliver: (entry: Entry) => void = () => undefined;

  get buffered(): number {
    return this.written.slice(this.left).reduce((sum, { message }) => sum + message.size, 0);
  }

  get sequences(): number[] {
    return this.written.map(({ sequence }) => sequence);
  }

  get ids(): string[] {
    return this.written.map(({ message }) => message.id);
  }

  deliver(entry: Entry): number {
    this.onDeliver(entry);
    this.written.push(entry);
    if (!this.slow) this.left = this.written.length;
    return entry.message.size;
  }

  gap(gap: Gap): void {
    this.gaps.push(gap);
  }

  /** The socket takes the next so many messages, by default all. */
  drain(count = Infinity): Entry[] {
    const before = this.left;
    this.left = Math.min(this.written.length, this.left + count);
    return this.written.slice(before, this.left);
  }
}
