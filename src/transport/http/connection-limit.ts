import { Counters } from '../../telemetry/counters.js';
import { TransportName } from '../../kernel/ports/connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { Levers } from '../../kernel/ports/levers.js';

/** Milliseconds after which who found no place may come back: between these, at random, so that not all come together. */
const RETRY = { least: 1_000, spread: 4_000 };

/** Long-lived connections there may be on a transport, as far as the lever `connections` says; it ends none that is there. */
export class ConnectionLimit {
  /** Those that were let in and are not counted as connections yet. */
  private readonly coming = new Map<TransportName, number>();

  constructor(
    private readonly levers: Levers,
    private readonly counters: Counters,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * A place for a connection that is about to be.
   * @returns a function to call once it is counted, or has come to nothing; more than once is once
   * @throws GatewayError `too_many_connections`
   */
  take(transport: TransportName): () => void {
    const most = this.levers.now.connections.get(transport);
    const coming = this.coming.get(transport) ?? 0;
    if (most !== undefined && this.counters.connections.get(transport) + coming >= most) throw this.refusal(most);
    this.coming.set(transport, coming + 1);
    let open = true;
    return () => {
      if (open) this.coming.set(transport, this.coming.get(transport)! - 1);
      open = false;
    };
  }

  private refusal(most: number): GatewayError {
    const retryAfter = Math.round(RETRY.least + this.random() * RETRY.spread);
    return new GatewayError('too_many_connections', `This transport may have ${most} connections now.`, retryAfter);
  }
}
