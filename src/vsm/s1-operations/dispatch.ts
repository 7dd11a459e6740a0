import { Bus } from '../../events/bus.js';
import { Tally } from '../../events/tally.js';
import { Clock } from '../../kernel/clock.js';
import { Connection } from '../../kernel/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';
import { Relay } from './relay.js';

/** The way in: from a session to its unit. */
export class Dispatch {
  constructor(
    private readonly bus: Bus,
    private readonly tally: Tally,
    private readonly clock: Clock,
    /** Calls a session may have in flight. */
    private readonly maxCalls: number,
  ) {}

  /** Passes a client's frame on; what cannot be passed on is answered with an error through `via`. */
  forward(relay: Relay, frame: Frame, via: Connection): void {
    try {
      if (relay.waiting && frame.kind !== 'response') this.wait(relay, frame, via);
      else if (frame.kind === 'request') this.request(relay, frame, via);
      else if (frame.kind === 'response') this.answer(relay, frame);
      else this.notify(relay, frame);
    } catch (thrown) {
      this.refuse(frame, via, toGatewayError(thrown));
    }
  }

  /** Sends what came in while the session was being bound. */
  release(relay: Relay): void {
    const waiting = relay.waiting ?? [];
    relay.waiting = undefined;
    for (const { frame, via } of waiting) this.forward(relay, frame, via);
  }

  refuse(frame: Frame, via: Connection, error: GatewayError): void {
    this.tally.errors.add(error.code);
    if (error.code === 'internal_error') this.bus.emit('internal_fault', { where: 'dispatch', err: error.cause });
    if (frame.kind === 'request') via.send(Frame.error(frame.id, error));
  }

  private wait(relay: Relay, frame: Frame, via: Connection): void {
    if (relay.waiting!.length >= this.maxCalls) throw new GatewayError('too_many_calls');
    relay.waiting!.push({ frame, via });
  }

  private request(relay: Relay, frame: Frame, via: Connection): void {
    if (!relay.lease) throw new GatewayError('not_initialized');
    if (relay.calls.size >= this.maxCalls) throw new GatewayError('too_many_calls');
    const outgoing = relay.calls.open(frame, { via, startedAt: this.clock.elapsed() });
    try {
      relay.lease.send(outgoing);
    } catch (thrown) {
      relay.calls.settle(outgoing);
      throw thrown;
    }
  }

  private answer(relay: Relay, frame: Frame): void {
    const settled = relay.asks.settle(frame);
    if (settled) relay.lease?.send(settled.frame);
  }

  private notify(relay: Relay, frame: Frame): void {
    if (!relay.lease) return;
    if (frame.method === 'notifications/cancelled') {
      const cancelled = relay.calls.cancel(frame);
      if (!cancelled) return;
      cancelled.entry.context.via.forget(cancelled.entry.id);
      relay.lease.send(cancelled.frame);
      relay.settled();
    } else if (frame.method === 'notifications/progress') {
      const progress = relay.asks.progress(frame);
      if (progress) relay.lease.send(progress.frame);
    } else {
      relay.lease.send(frame);
    }
  }
}
