import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MessageLog } from '../delivery/message-log.js';
import { Outboxes } from '../delivery/outboxes.js';
import { Activity } from '../telemetry/client-activity.js';
import { Audit } from '../kernel/ports/audit.js';
import { Bus } from '../telemetry/event-bus.js';
import { Tally } from '../telemetry/counters.js';
import { ClientControl } from '../kernel/ports/client-control.js';
import { ClientDirectory } from '../kernel/ports/client-directory.js';
import { Clock } from '../kernel/clock.js';
import { FeedIntake } from '../kernel/ports/push-connection.js';
import { Gate } from '../kernel/ports/handshake-gate.js';
import { Housekeeping } from '../kernel/ports/maintenance.js';
import { Intake } from '../kernel/ports/mcp-inbound.js';
import { Levers } from '../kernel/ports/levers.js';
import { Log } from '../kernel/log.js';
import { Node } from '../kernel/ports/node.js';
import { Outbound } from '../kernel/ports/publish.js';
import { Admission, Authenticator, Authorizer, Limits, SwitchPermit } from '../kernel/ports/access.js';
import { DeliveryView } from '../kernel/ports/vitals.js';
import { TransportCircuits } from '../resilience/transport-circuits.js';
import { ResilienceModule } from '../resilience/resilience.module.js';
import { ChannelSessions } from '../session/push-sessions.js';
import { SessionModule } from '../session/session.module.js';
import { Sessions } from '../session/sessions.js';
import { UnitAudit } from '../vsm/s1-operations/s1-audit.js';
import { ChannelIntake } from './protocol-registry.js';
import { ChannelsView } from './hub-vitals.js';
import { ChannelUpkeep } from './hub-maintenance.js';
import { Channels } from './hub.js';
import { GatewayAudit } from '../vsm/s1-operations/gateway-audit.js';
import { Doorkeeper } from '../vsm/s1-operations/client-control.js';
import { Errands } from './client-requests.js';
import { Lobby, LobbyStations } from './join.js';
import { LocalNode } from '../cluster/node.local.js';
import { OutboxAudit } from '../vsm/s1-operations/outbox-audit.js';
import { Publisher } from './publisher.js';
import { Housekeeper } from '../app/housekeeper.js';
import { Router } from './embedding-api.js';
import { Steering } from './transport-steering.js';
import { TopicReview } from './topic-permissions.js';
import { UnitCalls } from './tool-calls.js';
import { Uplink } from './message-routes.js';
import { VsmUpdates } from './vsm-updates.js';
import { WhoIsThere } from '../vsm/s1-operations/client-directory.js';
import { OperationsIntake } from '../mcp/mcp-server.js';
import { Relays } from '../mcp/upstream/upstream-sessions.js';
import { Upkeep } from '../app/maintenance.js';

/** S1 for native and Phoenix clients: sessions, outboxes and units joined. */
@Module({})
export class ChannelsModule {
  /** @param imports modules that provide `Intake` and `Authenticator`, `Authorizer` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: ChannelsModule,
      imports: [...imports, SessionModule, DeliveryModule, ResilienceModule],
      providers: [
        {
          provide: Channels,
          useFactory: (sessions: ChannelSessions, outboxes: Outboxes, bus: Bus, tally: Tally, clock: Clock) =>
            new Channels(sessions, outboxes, bus, tally, clock),
          inject: [ChannelSessions, Outboxes, Bus, Tally, Clock],
        },
        {
          provide: Steering,
          useFactory: (
            circuits: TransportCircuits,
            permit: SwitchPermit,
            clock: Clock,
            bus: Bus,
            levers: Levers,
            { value }: Config,
          ) => {
            const limits = { websocket: value.websocket.max_channel_frame, http_sse: Infinity };
            return new Steering(circuits, permit, clock, bus, limits, levers);
          },
          inject: [TransportCircuits, SwitchPermit, Clock, Bus, Levers, Config],
        },
        {
          provide: Uplink,
          useFactory: (
            intake: Intake,
            outboxes: Outboxes,
            authorizer: Authorizer,
            bus: Bus,
            clock: Clock,
            log: Log,
            { value }: Config,
          ) => new Uplink({ all: value.routes, authorizer }, new UnitCalls(intake), outboxes, bus, clock, log),
          inject: [Intake, Outboxes, Authorizer, Bus, Clock, Log, Config],
        },
        {
          provide: Lobby,
          useFactory: (
            channels: Channels,
            sessions: Sessions,
            clock: Clock,
            ...[authenticator, authorizer, admission, limits, permit, gate, levers]: Proofs
          ) => {
            const openSessions = (): number => sessions.size + channels.sessions.size;
            const proofs = { authenticator, authorizer, admission, limits, permit, gate, levers };
            const stations: LobbyStations = { ...proofs, openSessions };
            return new Lobby(channels, stations, clock);
          },
          inject: [Channels, Sessions, Clock, Authenticator, Authorizer, Admission, Limits, SwitchPermit, Gate, Levers],
        },
        {
          provide: Errands,
          useFactory: (channels: Channels, uplink: Uplink, limits: Limits, authorizer: Authorizer, levers: Levers) =>
            new Errands(channels, uplink, limits, authorizer, levers),
          inject: [Channels, Uplink, Limits, Authorizer, Levers],
        },
        {
          provide: FeedIntake,
          useFactory: (
            channels: Channels,
            lobby: Lobby,
            errands: Errands,
            steering: Steering,
            tally: Tally,
            activity: Activity,
            bus: Bus,
            { value }: Config,
          ) =>
            new ChannelIntake({
              channels,
              lobby,
              errands,
              steering,
              tally,
              activity,
              heartbeatInterval: value.sse.heartbeat_interval,
              onFault: err => bus.emit('internal_fault', { where: 'channels', err }),
            }),
          inject: [Channels, Lobby, Errands, Steering, Tally, Activity, Bus, Config],
        },
        {
          provide: Publisher,
          useFactory: (channels: Channels, log: MessageLog, steering: Steering, clock: Clock, levers: Levers) =>
            new Publisher(channels, log, steering, clock, levers),
          inject: [Channels, MessageLog, Steering, Clock, Levers],
        },
        { provide: Outbound, useExisting: Publisher },
        {
          provide: DeliveryView,
          useFactory: (channels: Channels, clock: Clock) => new ChannelsView(channels, clock),
          inject: [Channels, Clock],
        },
        {
          provide: Audit,
          useFactory: (ofUnits: UnitAudit, channels: Channels) => new GatewayAudit(ofUnits, new OutboxAudit(channels)),
          inject: [UnitAudit, Channels],
        },
        {
          provide: Router,
          useFactory: (outbound: Outbound, uplink: Uplink, channels: Channels, log: Log) =>
            new Router(outbound, uplink, channels, log),
          inject: [Outbound, Uplink, Channels, Log],
        },
        {
          provide: ClientDirectory,
          useFactory: (channels: Channels, sessions: Sessions, relays: Relays) =>
            new WhoIsThere(channels, sessions, relays),
          inject: [Channels, Sessions, Relays],
        },
        {
          provide: ClientControl,
          useFactory: (channels: Channels, sessions: Sessions, intake: Intake) =>
            new Doorkeeper(channels, sessions, intake),
          inject: [Channels, Sessions, Intake],
        },
        {
          provide: LocalNode,
          useFactory: (intake: OperationsIntake, upkeep: ChannelUpkeep) => new LocalNode([intake, upkeep]),
          inject: [OperationsIntake, ChannelUpkeep],
        },
        { provide: Node, useExisting: LocalNode },
        {
          provide: Housekeeping,
          useFactory: (channels: Channels, upkeep: Upkeep) => new Housekeeper(channels, upkeep),
          inject: [Channels, Upkeep],
        },
        {
          provide: ChannelUpkeep,
          useFactory: (
            channels: Channels,
            lobby: Lobby,
            publisher: Publisher,
            authorizer: Authorizer,
            bus: Bus,
            clock: Clock,
          ) => {
            const review = new TopicReview(channels, authorizer);
            bus.on('policy_update', () => review.run());
            return new ChannelUpkeep(channels, lobby, publisher, new VsmUpdates(channels, bus, clock));
          },
          inject: [Channels, Lobby, Publisher, Authorizer, Bus, Clock],
        },
      ],
      exports: [
        Audit,
        ClientControl,
        ClientDirectory,
        LocalNode,
        Node,
        Housekeeping,
        FeedIntake,
        Outbound,
        DeliveryView,
        Router,
        ChannelUpkeep,
        ResilienceModule,
      ],
    };
  }
}

type Proofs = [Authenticator, Authorizer, Admission, Limits, SwitchPermit, Gate, Levers];
