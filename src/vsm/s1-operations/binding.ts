import { Bus } from '../../events/bus.js';
import { Clock } from '../../kernel/clock.js';
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

/** What becomes of what a unit says. */
export interface Bound {
  /** The answer to `initialize`, before anything that the unit says after it. */
  opened(relay: Relay, answer: Frame): void;
  received(relay: Relay, frame: Frame, inReplyTo: string | undefined): void;
  lost(relay: Relay, instance: Instance, why: GatewayError): void;
}

/** Binds a session to an instance: at the ring's owner or, where that fails before it has answered, at the next one. */
export class Binding {
  constructor(
    private readonly way: Way,
    private readonly bus: Bus,
    private readonly clock: Clock,
    /** Milliseconds a unit has to answer `initialize`. */
    private readonly startTimeout: number,
  ) {}

  /**
   * Resolves when the unit has answered `initialize`.
   * @throws GatewayError the last candidate's, or why the session ended meanwhile
   */
  async bind(relay: Relay, initialize: Frame, bound: Bound): Promise<void> {
    let failure = new GatewayError('unit_unavailable');
    for (const instance of this.way.router.candidates(relay.unit, relay.session.id)) {
      try {
        return await this.way.circuits.run(instance, () => this.attempt(relay, instance, initialize, bound));
      } catch (thrown) {
        failure = toGatewayError(thrown);
        if (relay.session.ended) break;
        const { code: error, message } = failure;
        this.bus.emit('link_failed', { unit: relay.unit.name, instance: instance.id, error, message });
      }
    }
    throw failure;
  }

  private async attempt(relay: Relay, instance: Instance, initialize: Frame, bound: Bound): Promise<void> {
    const startedAt = this.clock.elapsed();
    const handshake = new Handshake(initialize.id, this.startTimeout);
    relay.handshake = handshake;
    let lease: Lease | undefined;
    try {
      const sink = sinkOf(relay, handshake, instance, bound);
      lease = await this.way.pools.checkout(instance, relay, sink, handshake.signal);
      relay.lease = lease;
      lease.send(handshake.outgoing(initialize));
      await handshake.done;
    } catch (thrown) {
      const error = beforeAnswer(toGatewayError(thrown));
      handshake.fail(error);
      relay.lease = undefined;
      await lease?.release();
      throw error;
    } finally {
      relay.handshake = undefined;
    }
    const { label: session } = relay.session;
    const tookMs = this.clock.elapsed() - startedAt;
    this.bus.emit('link_opened', { unit: relay.unit.name, instance: instance.id, session, tookMs });
  }
}

/** Where a link's frames go; a link that was given up says nothing to anybody. */
function sinkOf(relay: Relay, handshake: Handshake, instance: Instance, bound: Bound): ReplySink {
  return {
    receive: (frame, inReplyTo) => {
      if (handshake.failed || relay.session.ended) return;
      const answer = handshake.take(frame);
      if (answer) bound.opened(relay, answer);
      else if (handshake.underWay && frame.kind === 'request') answerEarly(relay, frame);
      else bound.received(relay, frame, inReplyTo);
    },
    ended: why => {
      if (handshake.failed || relay.session.ended || handshake.fail(why)) return;
      bound.lost(relay, instance, why);
    },
  };
}

/** A unit may ping before it is initialized (MCP, lifecycle); the client cannot answer yet, so the gateway does. */
function answerEarly(relay: Relay, { id, method }: Frame): void {
  const early = new GatewayError('not_initialized', 'The client is not initialized yet.');
  relay.lease?.send(method === 'ping' ? Frame.result(id, {}) : Frame.error(id, early));
}

/** Before `initialize` is answered nothing has happened at the unit that anybody could be unsure of. */
function beforeAnswer(error: GatewayError): GatewayError {
  if (error.code !== 'outcome_unknown') return error;
  return new GatewayError('unit_unavailable', 'The unit ended or broke off before it answered initialize.');
}
