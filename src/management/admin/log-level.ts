import { Log } from '../../kernel/log.js';

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** The level of the log, which may be another one for a while. */
export class LogLevel {
  /** Milliseconds since the epoch at which the configured one holds again; null: not by itself. */
  until: number | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: Log,
    private readonly now: () => number,
    readonly configured: string,
    /** Told after each change. */
    private readonly onChange: (level: string) => void,
  ) {}

  get level(): string {
    return this.log.level;
  }

  set(level: string, forMs?: number): void {
    clearTimeout(this.timer);
    this.until = forMs === undefined ? null : this.now() + forMs;
    if (forMs !== undefined) this.timer = setTimeout(() => this.reset(), forMs).unref();
    this.log.level = level;
    this.onChange(level);
  }

  reset(): void {
    this.set(this.configured);
  }
}
