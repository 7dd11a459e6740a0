import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../../../config/config.module.js';
import { DeliveryModule } from '../../../delivery/delivery.module.js';
import { MessageLog } from '../../../delivery/message-log.js';
import { Outboxes } from '../../../delivery/outboxes.js';
import { Bus } from '../../../events/bus.js';
import { Tally } from '../../../events/tally.js';
import { Clock } from '../../../kernel/clock.js';
import { FeedIntake } from '../../../kernel/feed.js';
import { Intake } from '../../../kernel/intake.js';
import { Log } from '../../../kernel/log.js';
import { Outbound } from '../../../kernel/outbound.js';
import { Admission, Authenticator, Authorizer, Limits, SwitchPermit } from '../../../kernel/principal.js';
import { TransportCircuits } from '../../../resilience/transport-circuits.js';
import { ResilienceModule } from '../../../resilience/resilience.module.js';
import { ChannelSessions } from '../../../session/channel-sessions.js';
import { SessionModule } from '../../../session/session.module.js';
import { Sessions } from '../../../session/sessions.js';
import { ChannelIntake } from './channel-intake.js';
import { ChannelUpkeep } from './channel-upkeep.js';
import { Channels } from './channels.js';
import { Lobby, LobbyStations } from './lobby.js';
import { Publisher } from './publisher.js';
import { Router } from './router.js';
import { Steering } from './steering.js';
import { UnitCalls } from './unit-calls.js';
import { Uplink } from './uplink.js';

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
          useFactory: (circuits: TransportCircuits, permit: SwitchPermit, clock: Clock, { value }: Config) =>
            new Steering(circuits, permit, clock, {
              websocket: value.websocket.max_channel_frame,
              http_sse: Infinity,
            }),
          inject: [TransportCircuits, SwitchPermit, Clock, Config],
        },
        {
          provide: Uplink,
          useFactory: (intake: Intake, outboxes: Outboxes, bus: Bus, clock: Clock, log: Log, { value }: Config) =>
            new Uplink(value.routes, new UnitCalls(intake), outboxes, bus, clock, log),
          inject: [Intake, Outboxes, Bus, Clock, Log, Config],
        },
        {
          provide: Lobby,
          useFactory: (
            channels: Channels,
            sessions: Sessions,
            clock: Clock,
            ...[authenticator, authorizer, admission, limits, permit]: Proofs
          ) => {
            const openSessions = (): number => sessions.size + channels.sessions.size;
            const stations: LobbyStations = { authenticator, authorizer, admission, limits, permit, openSessions };
            return new Lobby(channels, stations, clock);
          },
          inject: [Channels, Sessions, Clock, Authenticator, Authorizer, Admission, Limits, SwitchPermit],
        },
        {
          provide: FeedIntake,
          useFactory: (
            channels: Channels,
            lobby: Lobby,
            limits: Limits,
            uplink: Uplink,
            steering: Steering,
            tally: Tally,
            bus: Bus,
            { value }: Config,
          ) =>
            new ChannelIntake({
              channels,
              lobby,
              limits,
              uplink,
              steering,
              tally,
              heartbeatInterval: value.sse.heartbeat_interval,
              onFault: err => bus.emit('internal_fault', { where: 'channels', err }),
            }),
          inject: [Channels, Lobby, Limits, Uplink, Steering, Tally, Bus, Config],
        },
        {
          provide: Publisher,
          useFactory: (channels: Channels, log: MessageLog, steering: Steering, clock: Clock) =>
            new Publisher(channels, log, steering, clock),
          inject: [Channels, MessageLog, Steering, Clock],
        },
        { provide: Outbound, useExisting: Publisher },
        {
          provide: Router,
          useFactory: (outbound: Outbound, uplink: Uplink, bus: Bus) => new Router(outbound, uplink, bus),
          inject: [Outbound, Uplink, Bus],
        },
        {
          provide: ChannelUpkeep,
          useFactory: (channels: Channels, lobby: Lobby, publisher: Publisher) =>
            new ChannelUpkeep(channels, lobby, publisher),
          inject: [Channels, Lobby, Publisher],
        },
      ],
      exports: [FeedIntake, Outbound, Router, ChannelUpkeep, ResilienceModule],
    };
  }
}

type Proofs = [Authenticator, Authorizer, Admission, Limits, SwitchPermit];
