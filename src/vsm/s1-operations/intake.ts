import { Bus } from '../../events/bus.js';
import { Tally } from '../../events/tally.js';
import { Clock } from '../../kernel/clock.js';
import { CloseReason } from '../../kernel/close-reason.js';
import { Connection } from '../../kernel/connection.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/frame.js';
import { Intake, SessionHandle } from '../../kernel/intake.js';
import { Load } from '../../kernel/vitals.js';
import { Admission, Caller, Principal } from '../../kernel/principal.js';
import { Instance } from '../../kernel/unit.js';
import { Sessions } from '../../session/sessions.js';
import { readAgreement } from '../../protocol/mcp/legacy/initialize.js';
import { LEGACY_VERSIONS, takesBatches } from '../../kernel/mcp-versions.js';
import { Router } from '../../routing/router.js';
import { Binding, Bound } from './binding.js';
import { Dispatch } from './dispatch.js';
import { Relay } from './relay.js';
import { Return } from './return.js';

export interface Stations {
  sessions: Sessions;
  router: Router;
  admission: Admission;
  binding: Binding;
  dispatch: Dispatch;
  back: Return;
}

/** S1 as the doors see it: opens sessions, binds them to a unit, takes messages, ends what must end. */
export class OperationsIntake extends Intake implements Bound {
  private readonly relays = new WeakMap<SessionHandle, Relay>();
  private draining = false;

  constructor(
    private readonly stations: Stations,
    private readonly bus: Bus,
    private readonly tally: Tally,
    private readonly clock: Clock,
  ) {
    super();
  }

  async open(caller: Caller, home: Connection): Promise<SessionHandle> {
    if (this.draining) throw new GatewayError('draining', undefined, 1_000);
    const { sessions, router, admission } = this.stations;
    const unit = router.unit(caller.unit);
    await admission.enter(caller, sessions.size);
    const session = sessions.open(caller, unit.name, home);
    this.relays.set(session, new Relay(session, unit, relay => this.reclaim(relay)));
    this.tally.sessions.add(caller.transport);
    const { transport, principal } = session.record;
    this.bus.emit('session_opened', { session: session.label, transport, principal, unit: unit.name });
    return session;
  }

  find(id: string, principal: Principal): SessionHandle | undefined {
    return this.stations.sessions.find(id, principal);
  }

  takesBatches(session: SessionHandle): boolean {
    return takesBatches(session.protocolVersion);
  }

  speaks(version: string): boolean {
    return (LEGACY_VERSIONS as readonly string[]).includes(version);
  }

  receive(session: SessionHandle, frame: Frame, via: Connection): void {
    const relay = this.relays.get(session);
    this.tally.messagesIn.add(via.transport);
    if (!relay || session.ended) return this.stations.dispatch.refuse(frame, via, new GatewayError('session_ended'));
    this.stations.sessions.touch(relay.session);
    if (frame.kind === 'request') this.request(relay, frame, via);
    else this.stations.dispatch.forward(relay, frame, via);
  }

  close(session: SessionHandle, reason: CloseReason): void {
    const relay = this.relays.get(session);
    if (relay && !session.ended) this.end(relay, reason, new GatewayError('session_ended'));
  }

  /** From now on no new sessions and no new calls; answers to running ones still come in. */
  startDrain(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  load(): Load {
    let callsInFlight = 0;
    for (const session of this.stations.sessions.all()) {
      const relay = this.relays.get(session)!;
      callsInFlight += relay.calls.size + (relay.waiting ? relay.waiting.length + 1 : 0);
    }
    return { sessions: this.stations.sessions.size, callsInFlight };
  }

  /** Ends every session; calls that are still running end without anybody knowing how. */
  closeAll(): void {
    const error = new GatewayError('outcome_unknown', 'The gateway stopped before the call ended.');
    for (const session of this.stations.sessions.all()) this.end(this.relays.get(session)!, 'draining', error);
  }

  /** Ends sessions that have been silent for longer than the idle time and have no call that anybody waits for. */
  endIdle(): void {
    for (const session of this.stations.sessions.idle()) {
      if (!this.relays.get(session)!.awaited) this.close(session, 'idle');
    }
  }

  opened(relay: Relay, answer: Frame): void {
    const { via } = relay.opening!;
    const agreement = readAgreement(answer);
    if (!agreement && !answer.isError) {
      const message = 'The unit answered initialize with no InitializeResult.';
      return this.end(relay, 'unit_gone', new GatewayError('unit_unavailable', message));
    }
    relay.opening = undefined;
    this.stations.sessions.touch(relay.session);
    if (agreement) this.stations.sessions.activate(relay.session, agreement);
    via.send(answer);
    if (!agreement) return this.end(relay, 'done', new GatewayError('session_ended'));
    relay.lease!.negotiated(agreement.protocolVersion);
    this.stations.dispatch.release(relay);
  }

  /** What a unit says on its own does not keep an abandoned session alive. */
  received(relay: Relay, frame: Frame, inReplyTo: string | undefined): void {
    if (relay.busy) this.stations.sessions.touch(relay.session);
    this.stations.back.accept(relay, frame, inReplyTo);
  }

  lost(relay: Relay, instance: Instance, why: GatewayError): void {
    const { label: session } = relay.session;
    const { message } = why;
    const callsLost = relay.calls.size;
    this.bus.emit('link_lost', { unit: relay.unit.name, instance: instance.id, session, message, callsLost });
    this.end(relay, 'unit_gone', why);
  }

  private request(relay: Relay, frame: Frame, via: Connection): void {
    const { dispatch } = this.stations;
    if (this.draining) return dispatch.refuse(frame, via, new GatewayError('draining', undefined, 1_000));
    if (frame.method === 'initialize') return void this.initialize(relay, frame, via);
    if (frame.method === 'ping' && (!relay.lease || relay.waiting)) return via.send(Frame.result(frame.id, {}));
    dispatch.forward(relay, frame, via);
  }

  /** A session takes its lease at `initialize` and keeps it; a failed handshake ends the session. */
  private async initialize(relay: Relay, frame: Frame, via: Connection): Promise<void> {
    if (relay.lease || relay.waiting) {
      const twice = new GatewayError('invalid_request', 'The session is already initialized.');
      return this.stations.dispatch.refuse(frame, via, twice);
    }
    relay.opening = { frame, via };
    relay.waiting = [];
    try {
      await this.stations.binding.bind(relay, frame, this);
    } catch (thrown) {
      this.end(relay, 'unit_gone', toGatewayError(thrown));
    }
  }

  private reclaim(relay: Relay): void {
    const { instance } = relay.lease!;
    const session = relay.session.label;
    this.bus.emit('lease_reclaimed', { unit: relay.unit.name, instance: instance.id, session });
    this.end(relay, 'reclaimed', new GatewayError('session_ended'));
  }

  /** Ends a session once: whoever waits is answered, its connection is closed, its lease goes back. */
  private end(relay: Relay, reason: CloseReason, error: GatewayError): void {
    const { session } = relay;
    if (session.ended) return;
    this.stations.sessions.remove(session);
    for (const { id, context } of relay.calls.clear()) {
      this.tally.errors.add(error.code);
      context.via.send(Frame.error(id, error));
    }
    const unanswered = [relay.opening, ...(relay.waiting ?? [])];
    for (const one of unanswered) if (one) this.stations.dispatch.refuse(one.frame, one.via, error);
    relay.waiting = undefined;
    relay.opening = undefined;
    relay.handshake?.fail(error);
    relay.asks.clear();
    session.home.close(reason);
    void relay.lease?.release();
    const { transport, createdAt } = session.record;
    this.tally.sessions.add(transport, -1);
    this.bus.emit('session_closed', {
      session: session.label,
      transport,
      reason,
      ageMs: this.clock.now() - createdAt,
    });
  }
}
