import { Bus } from '../../events/bus.js';
import { Tally } from '../../events/tally.js';
import { Clock } from '../../kernel/clock.js';
import { Connection } from '../../kernel/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';
import { Instance, ReplySink } from '../../kernel/unit.js';
import { Lease } from '../../pool/lease.js';
import { Pools } from '../../pool/pools.js';
import { Circuits } from '../../resilience/circuits.js';
import { Router } from '../../routing/router.js';
import { Handshake } from './handshake.js';
import { Relay } from './relay.js';

/** The stations between a session and its unit, in the order in which they are passed. */
export interface Way {
  router: Router;
  circuits: Circuits;
  pools: Pools;
}

export interface DispatchLimits {
  /** Calls a session may have in flight. */
  maxCalls: number;
  /** Milliseconds a unit has to answer `initialize`. */
  startTimeout: number;
}

/** Makes the sink for a link, which serves the handshake first and the session from then on. */
export type SinkFactory = (handshake: Handshake, instance: Instance) => ReplySink;

/** The way in: from a session to its unit. */
export class Dispatch {
  constructor(
    private readonly way: Way,
    private readonly bus: Bus,
    private readonly tally: Tally,
    private readonly clock: Clock,
    private readonly limits: DispatchLimits,
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

  /**
   * Binds the session to an instance and initializes there: at the ring's owner or, where that fails before it has
   * answered, at the next one.
   * @returns the unit's answer to `initialize`
   * @throws GatewayError the last candidate's
   */
  async bind(relay: Relay, initialize: Frame, sinkFor: SinkFactory): Promise<Frame> {
    relay.waiting = [];
    let failure = new GatewayError('unit_unavailable');
    for (const instance of this.way.router.candidates(relay.unit, relay.session.id)) {
      try {
        return await this.way.circuits.run(instance, () => this.attempt(relay, instance, initialize, sinkFor));
      } catch (thrown) {
        failure = toGatewayError(thrown);
        const { code: error, message } = failure;
        this.bus.emit('link_failed', { unit: relay.unit.name, instance: instance.id, error, message });
      }
    }
    throw failure;
  }

  /** Sends what came in while the session was being bound. */
  release(relay: Relay): void {
    const waiting = relay.waiting ?? [];
    relay.waiting = undefined;
    for (const { frame, via } of waiting) this.forward(relay, frame, via);
  }

  refuse(frame: Frame, via: Connection, error: GatewayError): void {
    this.tally.errors.add(error.code);
    if (error.code === 'internal_error') this.bus.emit('internal_fault', { where: frame.method, err: error.cause });
    if (frame.kind === 'request') via.send(Frame.error(frame.id, error));
  }

  private async attempt(relay: Relay, instance: Instance, initialize: Frame, sinkFor: SinkFactory): Promise<Frame> {
    const startedAt = this.clock.elapsed();
    const handshake = new Handshake(initialize, this.limits.startTimeout);
    let lease: Lease | undefined;
    try {
      lease = await this.way.pools.checkout(instance, relay, sinkFor(handshake, instance));
      relay.lease = lease;
      lease.send(handshake.outgoing);
      const answer = await handshake.answer;
      const tookMs = this.clock.elapsed() - startedAt;
      const { label: session } = relay.session;
      this.bus.emit('link_opened', { unit: relay.unit.name, instance: instance.id, session, tookMs });
      return answer;
    } catch (thrown) {
      handshake.fail(toGatewayError(thrown));
      relay.lease = undefined;
      await lease?.release();
      throw thrown;
    }
  }

  private wait(relay: Relay, frame: Frame, via: Connection): void {
    if (relay.waiting!.length >= this.limits.maxCalls) throw new GatewayError('too_many_calls');
    relay.waiting!.push({ frame, via });
  }

  private request(relay: Relay, frame: Frame, via: Connection): void {
    if (!relay.lease) throw new GatewayError('not_initialized');
    if (relay.calls.size >= this.limits.maxCalls) throw new GatewayError('too_many_calls');
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
    } else if (frame.method === 'notifications/progress') {
      const progress = relay.asks.progress(frame);
      if (progress) relay.lease.send(progress.frame);
    } else {
      relay.lease.send(frame);
    }
  }
}
