import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { PushTransport, TransportName } from '../kernel/ports/connection.js';
import { Levers } from '../kernel/ports/levers.js';
import { SwitchPermit } from '../kernel/ports/access.js';
import { TransportCircuits } from '../resilience/transport-circuits.js';
import { chooseTransport, TransportQuestion } from '../routing/transport-choice.js';
import { PushSession } from '../session/push-session.js';
import { HubSession } from './hub-session.js';

/** Milliseconds a client has to come by the transport it was told, before it is told again. */
const PATIENCE = 10_000;

/** What a client says in `capabilities` that can come by another transport when it is told to. */
const CAN_SWITCH = 'switch';

/** Leads clients that can switch to the transport that serves them best. */
export class TransportSteering {
  constructor(
    private readonly circuits: TransportCircuits,
    private readonly permit: SwitchPermit,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    /** Bytes of the largest message each is meant for. */
    private readonly limits: Readonly<Record<PushTransport, number>>,
    private readonly levers: Levers,
  ) {}

  /**
   * Whether a message can go to this session by the transport its publisher asks for; its client may be told to come by
   * another one. With `auto` every session is reached.
   * @param size of the message, in bytes
   */
  reaches(hubSession: HubSession, wanted: 'auto' | TransportName, size: number): boolean {
    const current = hubSession.session.record.transport;
    if (wanted === 'auto') {
      if (this.canSwitch(hubSession) && isPush(current))
        this.lead(hubSession, current, this.best(hubSession, current, size));
      return true;
    }
    if (wanted === current || isServedBy(hubSession, wanted)) return true;
    if (!this.canSwitch(hubSession) || !isPush(wanted) || !isPush(current) || this.isUnsteady(wanted)) return false;
    return this.lead(hubSession, current, wanted);
  }

  /** What became of a connection, so that a transport that fails for many is not chosen. */
  note(
    { principal, clientKey, label: session, record }: PushSession,
    transport: TransportName,
    abnormal: boolean,
  ): void {
    const client = principal.anonymous ? record.channel.address : clientKey;
    if (!isPush(transport)) return;
    this.circuits[abnormal ? 'failed' : 'succeeded'](transport, client);
    if (abnormal) this.bus.emit('connection_broken', { transport, client, session });
  }

  private best(hubSession: HubSession, current: PushTransport, messageSize: number): PushTransport {
    const { preference } = hubSession.session.record.channel;
    const choice = chooseTransport({
      preference: isPush(preference) ? preference : 'auto',
      current,
      messageSize,
      limits: this.limits,
      health: { websocket: this.healthOf('websocket'), http_sse: this.healthOf('http_sse') },
      capable: ['websocket', 'http_sse'],
    });
    return choice ?? current;
  }

  /** One that flaps is as good as one that fails: whoever has left it does not come back. */
  private healthOf(transport: PushTransport): TransportQuestion['health'][PushTransport] {
    return this.isUnsteady(transport) ? 'open' : this.circuits.state(transport);
  }

  private isUnsteady(transport: PushTransport): boolean {
    return this.levers.now.unsteady.has(transport);
  }

  /** @returns whether the client is there already, or on its way */
  private lead(hubSession: HubSession, from: PushTransport, to: PushTransport): boolean {
    if (from === to) return true;
    const now = this.clock.elapsed();
    if (hubSession.led?.to === to && now - hubSession.led.at < PATIENCE) return true;
    if (hubSession.hubConnections.size === 0) return false;
    if (this.permit.ask(hubSession.session.clientKey, from, to) > 0) return false;
    hubSession.led = { to, at: now };
    hubSession.tell('connection_status', { status: 'switch', to, retry: 0 });
    return true;
  }

  private canSwitch({ session }: HubSession): boolean {
    return session.record.channel.capabilities?.includes(CAN_SWITCH) ?? false;
  }
}

/** Whether one of its connections is of that transport: each gets every message. */
function isServedBy({ hubConnections }: HubSession, transport: TransportName): boolean {
  return [...hubConnections].some(hubConnection => hubConnection.attached && hubConnection.transport === transport);
}

function isPush(transport: string): transport is PushTransport {
  return transport === 'websocket' || transport === 'http_sse';
}
