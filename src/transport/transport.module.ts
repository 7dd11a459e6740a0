import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { GatewayConfig } from '../config/schema.js';
import { Tally } from '../telemetry/counters.js';
import { Budget } from '../kernel/budget.js';
import { FeedIntake } from '../kernel/ports/push-connection.js';
import { Gate } from '../kernel/ports/handshake-gate.js';
import { Intake } from '../kernel/ports/mcp-inbound.js';
import { Levers } from '../kernel/ports/levers.js';
import { Log } from '../kernel/log.js';
import { Outbound } from '../kernel/ports/publish.js';
import { Authenticator, Authorizer, Limits } from '../kernel/ports/access.js';
import { Doors } from '../kernel/ports/vitals.js';
import { Affinity } from './http/affinity-key.js';
import { ClientListener } from './http/http-server.js';
import { Threshold } from './http/admission.js';
import { HttpGuard } from './http/origin-guard.js';
import { ListenerSettings } from './http/listener.js';
import { ListeningDoors } from './http/listeners.js';
import { LongpollDoor } from './longpoll/longpoll-endpoint.js';
import { PublishingDoor } from './publish/publish-endpoint.js';
import { Reception } from './http/caller.js';
import { Seats } from './http/connection-limit.js';
import { EventDoor } from './sse/native-sse.js';
import { SseDoor } from './sse/mcp-sse.js';
import { StreamableHttpDoor } from './streamable-http/streamable-http.js';
import { SocketAdapter } from './websocket/ws-adapter.js';
import { SocketGateway } from './websocket/websocket.gateway.js';
import { WebSocketDoor } from './websocket/websocket-handler.js';

/** Milliseconds that a long poll waits: less than what proxies and the Phoenix client (20 s) do. */
const POLL_TIMEOUT = 10_000;

function listenerSettings(
  { host, limits }: GatewayConfig,
  { port, max_connections: maxConnections }: { port: number; max_connections: number },
): ListenerSettings {
  const { headers_timeout: headersTimeout, request_timeout: requestTimeout } = limits;
  return { host, port, maxConnections, headersTimeout, requestTimeout };
}

/** The client doors and their listeners. What they need from further in is handed over by whoever composes them. */
@Module({})
export class TransportModule {
  /** @param imports modules that provide `Intake`, `FeedIntake`, `Outbound`, `Authenticator`, `Authorizer` and `Limits` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: TransportModule,
      imports,
      providers: [
        {
          provide: HttpGuard,
          useFactory: ({ value }: Config) =>
            new HttpGuard({
              host: value.host,
              allowedHosts: value.allowed_hosts,
              allowedOrigins: value.allowed_origins,
              anonymous: value.auth.allow_anonymous || (!value.auth.token && !value.auth.jwt),
            }),
          inject: [Config],
        },
        {
          provide: Reception,
          useFactory: (authenticator: Authenticator, { value }: Config) =>
            new Reception(authenticator, value.trusted_proxies, new Affinity(value.routing.affinity)),
          inject: [Authenticator, Config],
        },
        {
          provide: StreamableHttpDoor,
          useFactory: (intake: Intake, tally: Tally, budget: Budget, gate: Gate, { value: { sse } }: Config) =>
            new StreamableHttpDoor(intake, tally, budget, gate, {
              maxBodySize: sse.max_body_size,
              keepAliveInterval: sse.keep_alive_interval,
              replay: { events: sse.replay_events, bytes: sse.replay_bytes },
            }),
          inject: [Intake, Tally, Budget, Gate, Config],
        },
        {
          provide: Threshold,
          useFactory: (
            guard: HttpGuard,
            reception: Reception,
            limits: Limits,
            gate: Gate,
            levers: Levers,
            tally: Tally,
          ) => new Threshold(guard, reception, limits, gate, new Seats(levers, tally)),
          inject: [HttpGuard, Reception, Limits, Gate, Levers, Tally],
        },
        {
          provide: EventDoor,
          useFactory: (feeds: FeedIntake, tally: Tally, budget: Budget, { value: { sse, websocket } }: Config) =>
            new EventDoor(feeds, tally, budget, {
              maxBodySize: sse.max_body_size,
              maxChannelFrame: websocket.max_channel_frame,
              heartbeatInterval: sse.heartbeat_interval,
            }),
          inject: [FeedIntake, Tally, Budget, Config],
        },
        {
          provide: SseDoor,
          useFactory: (intake: Intake, native: EventDoor, tally: Tally, budget: Budget, { value: { sse } }: Config) =>
            new SseDoor(intake, native, tally, budget, {
              maxBodySize: sse.max_body_size,
              keepAliveInterval: sse.keep_alive_interval,
            }),
          inject: [Intake, EventDoor, Tally, Budget, Config],
        },
        {
          provide: PublishingDoor,
          useFactory: (
            outbound: Outbound,
            authorizer: Authorizer,
            limits: Limits,
            levers: Levers,
            tally: Tally,
            log: Log,
            budget: Budget,
            { value: { sse } }: Config,
          ) =>
            new PublishingDoor(outbound, { authorizer, limits, levers }, tally, log, budget, {
              maxBodySize: sse.max_body_size,
            }),
          inject: [Outbound, Authorizer, Limits, Levers, Tally, Log, Budget, Config],
        },
        {
          provide: LongpollDoor,
          useFactory: (
            feeds: FeedIntake,
            threshold: Threshold,
            tally: Tally,
            log: Log,
            budget: Budget,
            { value: { websocket, limits } }: Config,
          ) =>
            new LongpollDoor(feeds, threshold, tally, log, budget, {
              maxChannelFrame: websocket.max_channel_frame,
              pollTimeout: POLL_TIMEOUT,
              handshakeTimeout: limits.handshake_timeout,
              maxConnections: websocket.max_connections,
            }),
          inject: [FeedIntake, Threshold, Tally, Log, Budget, Config],
        },
        {
          provide: WebSocketDoor,
          useFactory: (
            intake: Intake,
            feeds: FeedIntake,
            threshold: Threshold,
            tally: Tally,
            log: Log,
            budget: Budget,
            { value: { websocket, limits } }: Config,
          ) =>
            new WebSocketDoor(intake, feeds, threshold, tally, log, budget, {
              pingInterval: websocket.ping_interval,
              pongTimeout: websocket.pong_timeout,
              maxChannelFrame: websocket.max_channel_frame,
              handshakeTimeout: limits.handshake_timeout,
            }),
          inject: [Intake, FeedIntake, Threshold, Tally, Log, Budget, Config],
        },
        {
          provide: ClientListener,
          useFactory: (
            streamable: StreamableHttpDoor,
            sse: SseDoor,
            publishing: PublishingDoor,
            threshold: Threshold,
            tally: Tally,
            log: Log,
            { value }: Config,
          ) =>
            new ClientListener(
              listenerSettings(value, value.sse),
              [streamable.route, ...sse.routes, ...publishing.routes],
              threshold,
              tally,
              log,
            ),
          inject: [StreamableHttpDoor, SseDoor, PublishingDoor, Threshold, Tally, Log, Config],
        },
        {
          provide: SocketAdapter,
          useFactory: (door: WebSocketDoor, longpoll: LongpollDoor, { value }: Config) =>
            new SocketAdapter(
              {
                ...listenerSettings(value, value.websocket),
                maxFrameSize: value.websocket.max_frame_size,
                maxChannelFrame: value.websocket.max_channel_frame,
                compression: value.websocket.compression,
              },
              door,
              longpoll,
            ),
          inject: [WebSocketDoor, LongpollDoor, Config],
        },
        {
          provide: Doors,
          useFactory: (tally: Tally, http: ClientListener, sockets: SocketAdapter, ...doors: { stop(): void }[]) =>
            new ListeningDoors(http.listener, sockets.listener, doors, tally),
          inject: [
            Tally,
            ClientListener,
            SocketAdapter,
            StreamableHttpDoor,
            SseDoor,
            EventDoor,
            WebSocketDoor,
            LongpollDoor,
          ],
        },
        SocketGateway,
      ],
      exports: [Doors, SocketAdapter],
    };
  }
}
