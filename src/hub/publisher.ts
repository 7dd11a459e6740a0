import { createHash } from 'node:crypto';
import { MessageLog } from '../delivery/message-log.js';
import { Clock } from '../kernel/clock.js';
import { Draft, Message } from '../kernel/ports/envelope.js';
import { GatewayError } from '../kernel/errors.js';
import { isShed, Levers } from '../kernel/ports/levers.js';
import { Audience, PublishPort, Publication, PublishOptions } from '../kernel/ports/publish.js';
import { Principal } from '../kernel/ports/access.js';
import { PushSession } from '../session/push-session.js';
import { HubSession } from './hub-session.js';
import { Hub } from './hub.js';
import { DeliveryReceipts } from './delivery-receipts.js';
import { TransportSteering } from './transport-steering.js';

/** Recipients up to which an answer is remembered whole; beyond, only its counts. */
const REMEMBERED = 100;

/** Publishes into the outboxes of whoever is to have it. */
export class Publisher extends PublishPort {
  /** Publications with an id that are under way: who repeats one waits for the first. */
  private readonly underWay = new Map<string, Promise<Publication>>();
  draining = false;

  constructor(
    private readonly hub: Hub,
    private readonly log: MessageLog,
    private readonly transportSteering: TransportSteering,
    private readonly clock: Clock,
    private readonly levers: Levers,
  ) {
    super();
  }

  async publish(audience: Audience, draft: Draft, options: PublishOptions = {}): Promise<Publication> {
    if (this.draining) throw new GatewayError('draining', undefined, 1_000);
    if (draft.id === undefined) return this.send(audience, draft, options);
    const key = keyOf(options.publisher, audience, draft.id);
    const before = await this.log.recall(key);
    if (before !== undefined) return { ...(JSON.parse(before) as Publication), repeated: true };
    const running = this.underWay.get(key);
    if (running) return { ...(await running), repeated: true };
    const publication = this.send(audience, draft, options);
    this.underWay.set(key, publication);
    try {
      const done = await publication;
      if (done.counts.delivered + done.counts.queued > 0) await this.log.once(key, JSON.stringify(compact(done)));
      return done;
    } finally {
      this.underWay.delete(key);
    }
  }

  private async send(audience: Audience, draft: Draft, options: PublishOptions): Promise<Publication> {
    const { timeout = 0, transport = 'auto' } = options;
    const message = new Message(draft, this.clock.now());
    const receipts = new DeliveryReceipts(message.id, timeout > 0);
    const hub: HubSession[] = [];
    const shed = isShed(this.levers.now, message.priority);
    for (const hubSession of this.audience(audience)) {
      if (shed) receipts.refuse({ client_id: hubSession.session.clientId, session: hubSession.session.id }, 'shed');
      else if (this.transportSteering.reaches(hubSession, transport, message.size)) hub.push(hubSession);
      else
        receipts.refuse(
          { client_id: hubSession.session.clientId, session: hubSession.session.id },
          'transport_unavailable',
        );
    }
    const { outboxes } = this.hub;
    const ready = await Promise.all(hub.map(({ ready }) => ready));
    outboxes.watch(message, receipts);
    try {
      const outcomes = await outboxes.append(ready, message);
      for (const [i, hubSession] of hub.entries()) receipts.add(hubSession, outcomes[i]!);
      await outboxes.settled();
      if (timeout > 0) await receipts.wait(timeout);
    } finally {
      outboxes.unwatch(message);
    }
    return receipts.publication;
  }

  /** @throws GatewayError `client_not_found` */
  private audience({ include, exclude, role, scope, topic }: Audience): HubSession[] {
    const { sessions } = this.hub;
    const candidates = include
      ? include.flatMap(id => [...sessions.byClient(id)])
      : topic === undefined
        ? sessions.all()
        : sessions.byTopic(topic);
    const excluded = new Set(exclude);
    const meets = (session: PushSession): boolean =>
      !excluded.has(session.clientId) &&
      (topic === undefined || session.hasTopic(topic)) &&
      (role === undefined || session.record.channel.role === role) &&
      (scope === undefined || session.hasScope(scope));
    const hub = [...new Set(candidates)].filter(meets).map(session => this.hub.of(session));
    if (hub.length === 0 && include && include.length > 0 && include.every(id => sessions.byClient(id).size === 0))
      throw new GatewayError('client_not_found');
    return hub;
  }
}

/** The same id to somebody else is another message. */
function keyOf(publisher: Principal | undefined, audience: Audience, id: string): string {
  const whom = createHash('sha256').update(JSON.stringify(audience)).digest('base64');
  return `${publisher?.id ?? ''}\n${whom}\n${id}`;
}

function compact(publication: Publication): Publication {
  const { results } = publication;
  return results.length > REMEMBERED ? { ...publication, results: [] } : publication;
}
