import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MessageLog } from '../delivery/message-log.js';
import { Outboxes } from '../delivery/outboxes.js';
import { ClientActivities } from '../telemetry/client-activity.js';
import { EventBus } from '../telemetry/event-bus.js';
import { Counters } from '../telemetry/counters.js';
import { Clock } from '../kernel/clock.js';
import { PushInbound } from '../kernel/ports/push-connection.js';
import { HandshakePacing } from '../kernel/ports/handshake-gate.js';
import { ToolCaller } from '../kernel/ports/tool-caller.js';
import { Levers } from '../kernel/ports/levers.js';
import { Log } from '../kernel/log.js';
import { PublishPort } from '../kernel/ports/publish.js';
import { Admission, Authenticator, Authorizer, Limits, SwitchPermit } from '../kernel/ports/access.js';
import { DeliveryView } from '../kernel/ports/vitals.js';
import { TransportCircuits } from '../resilience/transport-circuits.js';
import { ResilienceModule } from '../resilience/resilience.module.js';
import { PushSessions } from '../session/push-sessions.js';
import { SessionModule } from '../session/session.module.js';
import { Sessions } from '../session/sessions.js';
import { ProtocolRegistry } from './protocol-registry.js';
import { HubVitals } from './hub-vitals.js';
import { HubMaintenance } from './hub-maintenance.js';
import { Hub } from './hub.js';
import { ClientRequests } from './client-requests.js';
import { Join, JoinStations } from './join.js';
import { Publisher } from './publisher.js';
import { EmbeddingApi } from './embedding-api.js';
import { TransportSteering } from './transport-steering.js';
import { TopicPermissions } from './topic-permissions.js';
import { MessageRoutes } from './message-routes.js';
import { VsmUpdates } from './vsm-updates.js';

/** Where pushed messages meet their subscribers: sessions, outboxes and transports joined. */
@Module({})
export class HubModule {
  /** @param imports modules that provide `ToolCaller` and `Authenticator`, `Authorizer` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: HubModule,
      imports: [...imports, SessionModule, DeliveryModule, ResilienceModule],
      providers: [
        {
          provide: Hub,
          useFactory: (sessions: PushSessions, outboxes: Outboxes, bus: EventBus, counters: Counters, clock: Clock) =>
            new Hub(sessions, outboxes, bus, counters, clock),
          inject: [PushSessions, Outboxes, EventBus, Counters, Clock],
        },
        {
          provide: TransportSteering,
          useFactory: (
            circuits: TransportCircuits,
            permit: SwitchPermit,
            clock: Clock,
            bus: EventBus,
            levers: Levers,
            { value }: Config,
          ) => {
            const limits = { websocket: value.websocket.max_channel_frame, http_sse: Infinity };
            return new TransportSteering(circuits, permit, clock, bus, limits, levers);
          },
          inject: [TransportCircuits, SwitchPermit, Clock, EventBus, Levers, Config],
        },
        {
          provide: MessageRoutes,
          useFactory: (
            toolCaller: ToolCaller,
            outboxes: Outboxes,
            authorizer: Authorizer,
            bus: EventBus,
            clock: Clock,
            log: Log,
            { value }: Config,
          ) => new MessageRoutes({ all: value.routes, authorizer }, toolCaller, outboxes, bus, clock, log),
          inject: [ToolCaller, Outboxes, Authorizer, EventBus, Clock, Log, Config],
        },
        {
          provide: Join,
          useFactory: (
            hub: Hub,
            sessions: Sessions,
            clock: Clock,
            ...[authenticator, authorizer, admission, limits, permit, gate, levers]: Proofs
          ) => {
            const openSessions = (): number => sessions.size + hub.sessions.size;
            const proofs = { authenticator, authorizer, admission, limits, permit, gate, levers };
            const stations: JoinStations = { ...proofs, openSessions };
            return new Join(hub, stations, clock);
          },
          inject: [
            Hub,
            Sessions,
            Clock,
            Authenticator,
            Authorizer,
            Admission,
            Limits,
            SwitchPermit,
            HandshakePacing,
            Levers,
          ],
        },
        {
          provide: ClientRequests,
          useFactory: (
            hub: Hub,
            messageRoutes: MessageRoutes,
            limits: Limits,
            authorizer: Authorizer,
            levers: Levers,
          ) => new ClientRequests(hub, messageRoutes, limits, authorizer, levers),
          inject: [Hub, MessageRoutes, Limits, Authorizer, Levers],
        },
        {
          provide: PushInbound,
          useFactory: (
            hub: Hub,
            joins: Join,
            clientRequests: ClientRequests,
            transportSteering: TransportSteering,
            counters: Counters,
            activity: ClientActivities,
            bus: EventBus,
            { value }: Config,
          ) =>
            new ProtocolRegistry({
              hub,
              joins,
              clientRequests,
              transportSteering,
              counters,
              activity,
              heartbeatInterval: value.sse.heartbeat_interval,
              onFault: err => bus.emit('internal_fault', { where: 'channels', err }),
            }),
          inject: [Hub, Join, ClientRequests, TransportSteering, Counters, ClientActivities, EventBus, Config],
        },
        {
          provide: Publisher,
          useFactory: (hub: Hub, log: MessageLog, transportSteering: TransportSteering, clock: Clock, levers: Levers) =>
            new Publisher(hub, log, transportSteering, clock, levers),
          inject: [Hub, MessageLog, TransportSteering, Clock, Levers],
        },
        { provide: PublishPort, useExisting: Publisher },
        {
          provide: DeliveryView,
          useFactory: (hub: Hub, clock: Clock) => new HubVitals(hub, clock),
          inject: [Hub, Clock],
        },
        {
          provide: EmbeddingApi,
          useFactory: (outbound: PublishPort, messageRoutes: MessageRoutes, hub: Hub, log: Log) =>
            new EmbeddingApi(outbound, messageRoutes, hub, log),
          inject: [PublishPort, MessageRoutes, Hub, Log],
        },
        {
          provide: HubMaintenance,
          useFactory: (
            hub: Hub,
            joins: Join,
            publisher: Publisher,
            authorizer: Authorizer,
            bus: EventBus,
            clock: Clock,
          ) => {
            const review = new TopicPermissions(hub, authorizer);
            bus.on('policy_update', () => review.run());
            return new HubMaintenance(hub, joins, publisher, new VsmUpdates(hub, bus, clock));
          },
          inject: [Hub, Join, Publisher, Authorizer, EventBus, Clock],
        },
      ],
      exports: [
        Hub,
        PushInbound,
        PublishPort,
        DeliveryView,
        EmbeddingApi,
        HubMaintenance,
        ResilienceModule,
        SessionModule,
      ],
    };
  }
}

type Proofs = [Authenticator, Authorizer, Admission, Limits, SwitchPermit, HandshakePacing, Levers];
