import { Clock } from '../../kernel/clock.js';

/** Stands still between two looks, so that reading it costs a message nothing; one timer looks after all that is in flight. */
export class CoarseClock {
  now: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly clock: Clock) {
    this.now = clock.elapsed();
  }

  /** `Clock.elapsed()`, exactly. */
  elapsed(): number {
    return this.clock.elapsed();
  }

  /** @param every milliseconds between two looks */
  start(every: number, look: () => void): void {
    this.timer = setInterval(() => {
      this.advance();
      look();
    }, every);
    this.timer.unref();
  }

  advance(): void {
    this.now = this.clock.elapsed();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
