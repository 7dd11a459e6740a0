import { TransportName } from './protocol.js';

/** Connections in a row that did not come about before the other transport is tried. */
const PATIENCE = 2;

/** Which transport to come by. */
export class TransportSelector {
  private failures = 0;
  private current: TransportName;

  /** @param available at least one, the best first */
  constructor(private readonly available: readonly [TransportName, ...TransportName[]]) {
    this.current = available[0];
    this.preferred = available[0];
  }

  /** The one to go back to where another is in use. */
  preferred: TransportName;

  has(transport: TransportName): boolean {
    return this.available.includes(transport);
  }

  next(): TransportName {
    return this.current;
  }

  prefer(transport: TransportName): void {
    this.preferred = transport;
    this.current = transport;
    this.failures = 0;
  }

  worked(transport: TransportName): void {
    this.current = transport;
    this.failures = 0;
  }

  /** No connection came about. */
  failed(): void {
    if (++this.failures < PATIENCE) return;
    this.failures = 0;
    this.current = this.available.find(other => other !== this.current) ?? this.current;
  }
}
