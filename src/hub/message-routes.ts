import { Outboxes } from '../delivery/outboxes.js';
import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { Message, Priority } from '../kernel/ports/envelope.js';
import { GatewayError, toGatewayError } from '../kernel/errors.js';
import { Log } from '../kernel/log.js';
import { Authorizer } from '../kernel/ports/access.js';
import { ToolCaller } from '../kernel/ports/tool-caller.js';
import { ClientActivity } from '../telemetry/client-activity.js';
import { HubSession } from './hub-session.js';

/** Which messages of clients go to which unit. */
export interface MessageRoute {
  /** The type of the message; a `*` at its end stands for anything. */
  type: string;
  unit: string;
  /** The unit's tool that gets the data as its arguments; the type itself if none is named. */
  tool?: string;
}

export interface NewMessage {
  id?: string;
  type: string;
  /** JSON text. */
  data: string;
  priority: Priority;
}

/** What code in the same application gets to hear of a client's message. */
export interface ReceivedMessage extends NewMessage {
  clientId: string;
  session: string;
}

/** Takes messages of clients to units, and what those answer back into the client's outbox. */
export class MessageRoutes {
  private readonly listeners = new Set<(message: ReceivedMessage) => void>();

  constructor(
    private readonly routes: { all: readonly MessageRoute[]; authorizer: Authorizer },
    private readonly toolCaller: ToolCaller,
    private readonly outboxes: Outboxes,
    private readonly bus: EventBus,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Takes a message once: one whose id is among the newest of its session is answered again and goes nowhere.
   * @returns what the client is answered: that the message was taken, and by which unit
   * @throws GatewayError `forbidden` where it would go to a unit that the client does not reach
   */
  take(hubSession: HubSession, said: NewMessage, activity: ClientActivity): { routed: string | null } {
    const { session } = hubSession;
    const route = this.routes.all.find(({ type }) => matches(type, said.type));
    if (route) this.assertReaches(hubSession, route);
    const answer = { routed: route?.unit ?? null };
    if (said.id !== undefined && !session.hears(said.id)) return answer;
    session.messagesIn++;
    this.bus.emit('external_message', {
      client: session.clientId,
      session: session.label,
      type: said.type,
      bytes: said.data.length,
      unit: answer.routed,
    });
    for (const listener of this.listeners) this.tell(listener, hubSession, said);
    if (route) void this.carry(hubSession, said, route, activity);
    return answer;
  }

  private assertReaches({ session: { principal, record } }: HubSession, { unit }: MessageRoute): void {
    const { authorizer } = this.routes;
    if (!authorizer.reaches(principal, record.channel.address, 'unit', unit)) throw new GatewayError('forbidden');
  }

  /** @returns a function that ends it */
  onMessage(listener: (message: ReceivedMessage) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private tell(listener: (message: ReceivedMessage) => void, { session }: HubSession, said: NewMessage): void {
    const { id, type, data, priority } = said;
    try {
      listener({ clientId: session.clientId, session: session.id, id, type, data, priority });
    } catch (err) {
      this.log.error({ err }, 'a listener to messages of clients failed');
    }
  }

  private async carry(
    hubSession: HubSession,
    said: NewMessage,
    { unit, tool = said.type }: MessageRoute,
    journal: ClientActivity,
  ): Promise<void> {
    const { session } = hubSession;
    const { id, label, clientId, principal, record } = session;
    const { transport, channel } = record;
    const client = { principal, address: channel.address, transport, clientId, session: id, label, journal };
    const answer = await this.toolCaller
      .call(client, { unit, tool, data: said.data })
      .catch((thrown: unknown) => `"error":${rpcError(toGatewayError(thrown))}`);
    if (hubSession.closed) return;
    const inReplyTo = said.id === undefined ? 'null' : JSON.stringify(said.id);
    const payload = `{"in_reply_to":${inReplyTo},${answer}}`;
    const message = new Message({ type: said.type, payload, priority: said.priority }, this.clock.now());
    const [outcome] = await this.outboxes.append([await hubSession.ready], message);
    if (outcome !== 'accepted')
      this.log.warn({ session: session.label, outcome }, 'an answer had no place in an outbox');
  }
}

/** Of the form that errors of units have. */
function rpcError({ rpcCode: code, message, body: data }: GatewayError): string {
  return JSON.stringify({ code, message, data });
}

function matches(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
