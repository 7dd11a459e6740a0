import { LoggerService } from '@nestjs/common';
import { Log } from '../kernel/log.js';

/** Nest's own messages in the gateway's log. Its start-up chatter is of interest to whoever debugs the wiring. */
export class NestLogger implements LoggerService {
  constructor(private readonly inner: Log) {}

  log(message: unknown, context?: string): void {
    this.inner.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.inner.warn({ context }, String(message));
  }

  error(message: unknown, stack?: string, context?: string): void {
    this.inner.error({ context, stack }, String(message));
  }
}
