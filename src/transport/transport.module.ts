import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { GatewayConfig } from '../config/schema.js';
import { Tally } from '../events/tally.js';
import { Budget } from '../kernel/budget.js';
import { Intake } from '../kernel/intake.js';
import { Log } from '../kernel/log.js';
import { Authenticator } from '../kernel/principal.js';
import { Doors } from '../kernel/vitals.js';
import { Affinity } from './affinity.js';
import { ClientListener } from './client-listener.js';
import { HttpGuard } from './http-guard.js';
import { ListenerSettings } from './listener.js';
import { ListeningDoors } from './listening-doors.js';
import { Reception } from './reception.js';
import { SseDoor } from './sse/sse.door.js';
import { StreamableHttpDoor } from './streamable-http/streamable-http.door.js';
import { SocketAdapter } from './websocket/socket-adapter.js';
import { SocketGateway } from './websocket/socket.gateway.js';
import { WebSocketDoor } from './websocket/websocket.door.js';

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
  /** @param imports modules that provide `Intake` and `Authenticator` */
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
          useFactory: (intake: Intake, tally: Tally, budget: Budget, { value: { sse } }: Config) =>
            new StreamableHttpDoor(intake, tally, budget, {
              maxBodySize: sse.max_body_size,
              keepAliveInterval: sse.keep_alive_interval,
              replay: { events: sse.replay_events, bytes: sse.replay_bytes },
            }),
          inject: [Intake, Tally, Budget, Config],
        },
        {
          provide: SseDoor,
          useFactory: (intake: Intake, tally: Tally, budget: Budget, { value: { sse } }: Config) =>
            new SseDoor(intake, tally, budget, {
              maxBodySize: sse.max_body_size,
              keepAliveInterval: sse.keep_alive_interval,
            }),
          inject: [Intake, Tally, Budget, Config],
        },
        {
          provide: WebSocketDoor,
          useFactory: (
            intake: Intake,
            guard: HttpGuard,
            reception: Reception,
            tally: Tally,
            log: Log,
            budget: Budget,
            { value }: Config,
          ) =>
            new WebSocketDoor(intake, guard, reception, tally, log, budget, {
              pingInterval: value.websocket.ping_interval,
              pongTimeout: value.websocket.pong_timeout,
            }),
          inject: [Intake, HttpGuard, Reception, Tally, Log, Budget, Config],
        },
        {
          provide: ClientListener,
          useFactory: (
            streamable: StreamableHttpDoor,
            sse: SseDoor,
            guard: HttpGuard,
            reception: Reception,
            tally: Tally,
            log: Log,
            { value }: Config,
          ) =>
            new ClientListener(
              listenerSettings(value, value.sse),
              [streamable.route, ...sse.routes],
              { guard, reception },
              tally,
              log,
            ),
          inject: [StreamableHttpDoor, SseDoor, HttpGuard, Reception, Tally, Log, Config],
        },
        {
          provide: SocketAdapter,
          useFactory: (door: WebSocketDoor, { value }: Config) =>
            new SocketAdapter(
              {
                ...listenerSettings(value, value.websocket),
                maxFrameSize: value.websocket.max_frame_size,
                compression: value.websocket.compression,
              },
              door,
            ),
          inject: [WebSocketDoor, Config],
        },
        {
          provide: Doors,
          useFactory: (http: ClientListener, sockets: SocketAdapter, ...doors: { stop(): void }[]) =>
            new ListeningDoors(http.listener, sockets.listener, doors),
          inject: [ClientListener, SocketAdapter, StreamableHttpDoor, SseDoor, WebSocketDoor],
        },
        SocketGateway,
      ],
      exports: [Doors, SocketAdapter],
    };
  }
}
