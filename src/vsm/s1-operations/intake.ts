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
import { Instance, ReplySink } from '../../kernel/unit.js';
import { Sessions } from '../../session/sessions.js';
import { readAgreement } from '../../protocol/mcp/legacy/initialize.js';
import { LEGACY_VERSIONS, takesBatches } from '../../protocol/mcp/versions.js';
import { Router } from '../../routing/router.js';
import { Dispatch } from './dispatch.js';
import { Handshake } from './handshake.js';
import { Relay } from './relay.js';
import { Return } from './return.js';

export interface Stations {
  sessions: Sessions;
  router: Router;
  admission: Admission;
  dispatch: Dispatch;
  back: Return;
}

/** S1 as the doors see it: opens sessions, binds them to a unit, takes messages, ends what must end. */
export class OperationsIntake extends Intake {
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

  closeAll(reason: CloseReason): void {
    for (const session of this.stations.sessions.all()) this.close(session, reason);
  }

  /** Ends sessions that have been silent for longer than the idle time and have nothing in flight. */
  endIdle(): void {
    for (const session of this.stations.sessions.idle()) {
      if (!this.relays.get(session)!.busy) this.close(session, 'idle');
    }
  }

  private request(relay: Relay, frame: Frame, via: Connection): void {
    const { dispatch } = this.stations;
    if (this.draining) return dispatch.refuse(frame, via, new GatewayError('draining', undefined, 1_000));
    if (frame.method === 'initialize') return void this.initialize(relay, frame, via);
    if (frame.method === 'ping' && !relay.lease) return via.send(Frame.result(frame.id, {}));
    dispatch.forward(relay, frame, via);
  }

  /** A session takes its lease at `initialize` and keeps it; a failed handshake ends the session. */
  private async initialize(relay: Relay, frame: Frame, via: Connection): Promise<void> {
    const { dispatch, sessions } = this.stations;
    if (relay.lease || relay.waiting) {
      return dispatch.refuse(frame, via, new GatewayError('invalid_request', 'The session is already initialized.'));
    }
    try {
      const answer = await dispatch.bind(relay, frame, (handshake, instance) => this.sink(relay, handshake, instance));
      if (relay.session.ended) return this.giveBack(relay);
      const agreement = readAgreement(frame, answer);
      if (agreement) sessions.activate(relay.session, agreement);
      via.send(answer);
      if (!agreement) return this.end(relay, 'done', new GatewayError('session_ended'));
      relay.lease!.negotiated(agreement.protocolVersion);
      dispatch.release(relay);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      dispatch.refuse(frame, via, error);
      this.end(relay, 'unit_gone', error);
    }
  }

  private sink(relay: Relay, handshake: Handshake, instance: Instance): ReplySink {
    return {
      receive: (frame, inReplyTo) => {
        if (handshake.take(frame) || relay.session.ended) return;
        if (handshake.underWay && frame.kind === 'request') return this.answerEarly(relay, frame);
        this.stations.sessions.touch(relay.session);
        this.stations.back.accept(relay, frame, inReplyTo);
      },
      ended: why => {
        if (handshake.fail(why) || relay.session.ended) return;
        const callsLost = relay.calls.size;
        const { label: session } = relay.session;
        const unit = relay.unit.name;
        this.bus.emit('link_lost', { unit, instance: instance.id, session, message: why.message, callsLost });
        this.end(relay, 'unit_gone', why);
      },
    };
  }

  /** A unit may ping before it is initialized (MCP, lifecycle); the client cannot answer yet, so the gateway does. */
  private answerEarly(relay: Relay, { id, method }: Frame): void {
    const early = new GatewayError('not_initialized', 'The client is not initialized yet.');
    relay.lease?.send(method === 'ping' ? Frame.result(id, {}) : Frame.error(id, early));
  }

  private giveBack(relay: Relay): void {
    void relay.lease?.release();
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
    for (const { frame, via } of relay.waiting ?? []) this.stations.dispatch.refuse(frame, via, error);
    relay.waiting = undefined;
    relay.asks.clear();
    session.home.close(reason);
    this.giveBack(relay);
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
