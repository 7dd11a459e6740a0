import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { GatewayConfig } from '../config/schema.js';
import { Counters } from '../telemetry/counters.js';
import { Budget } from '../kernel/budget.js';
import { PushInbound } from '../kernel/ports/push-connection.js';
import { HandshakePacing } from '../kernel/ports/handshake-gate.js';
import { McpInbound } from '../kernel/ports/mcp-inbound.js';
import { Levers } from '../kernel/ports/levers.js';
import { Log } from '../kernel/log.js';
import { PublishPort } from '../kernel/ports/publish.js';
import { Authenticator, Authorizer, Limits } from '../kernel/ports/access.js';
import { ListenerVitals } from '../kernel/ports/vitals.js';
import { AffinityKey } from './http/affinity-key.js';
import { ClientHttpServer } from './http/http-server.js';
import { RequestAdmission } from './http/admission.js';
import { OriginGuard } from './http/origin-guard.js';
import { ListenerSettings } from './http/listener.js';
import { Listeners } from './http/listeners.js';
import { LongpollEndpoint } from './longpoll/longpoll-endpoint.js';
import { PublishEndpoint } from './publish/publish-endpoint.js';
import { CallerResolver } from './http/caller.js';
import { ConnectionLimit } from './http/connection-limit.js';
import { NativeSse } from './sse/native-sse.js';
import { McpSse } from './sse/mcp-sse.js';
import { StreamableHttp } from './streamable-http/streamable-http.js';
import { SocketAdapter } from './websocket/ws-adapter.js';
import { SocketGateway } from './websocket/websocket.gateway.js';
import { WebSocketHandler } from './websocket/websocket-handler.js';

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
  /** @param imports modules that provide `McpInbound`, `PushInbound`, `PublishPort`, `Authenticator`, `Authorizer` and `Limits` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: TransportModule,
      imports,
      providers: [
        {
          provide: OriginGuard,
          useFactory: ({ value }: Config) =>
            new OriginGuard({
              host: value.host,
              allowedHosts: value.allowed_hosts,
              allowedOrigins: value.allowed_origins,
              anonymous: value.auth.allow_anonymous || (!value.auth.token && !value.auth.jwt),
            }),
          inject: [Config],
        },
        {
          provide: CallerResolver,
          useFactory: (authenticator: Authenticator, { value }: Config) =>
            new CallerResolver(authenticator, value.trusted_proxies, new AffinityKey(value.routing.affinity)),
          inject: [Authenticator, Config],
        },
        {
          provide: StreamableHttp,
          useFactory: (
            intake: McpInbound,
            counters: Counters,
            budget: Budget,
            gate: HandshakePacing,
            { value: { sse } }: Config,
          ) =>
            new StreamableHttp(intake, counters, budget, gate, {
              maxBodySize: sse.max_body_size,
              keepAliveInterval: sse.keep_alive_interval,
              replay: { events: sse.replay_events, bytes: sse.replay_bytes },
            }),
          inject: [McpInbound, Counters, Budget, HandshakePacing, Config],
        },
        {
          provide: RequestAdmission,
          useFactory: (
            guard: OriginGuard,
            callers: CallerResolver,
            limits: Limits,
            gate: HandshakePacing,
            levers: Levers,
            counters: Counters,
          ) => new RequestAdmission(guard, callers, limits, gate, new ConnectionLimit(levers, counters)),
          inject: [OriginGuard, CallerResolver, Limits, HandshakePacing, Levers, Counters],
        },
        {
          provide: NativeSse,
          useFactory: (
            pushConnections: PushInbound,
            counters: Counters,
            budget: Budget,
            { value: { sse, websocket } }: Config,
          ) =>
            new NativeSse(pushConnections, counters, budget, {
              maxBodySize: sse.max_body_size,
              maxChannelFrame: websocket.max_channel_frame,
              heartbeatInterval: sse.heartbeat_interval,
            }),
          inject: [PushInbound, Counters, Budget, Config],
        },
        {
          provide: McpSse,
          useFactory: (
            intake: McpInbound,
            native: NativeSse,
            counters: Counters,
            budget: Budget,
            { value: { sse } }: Config,
          ) =>
            new McpSse(intake, native, counters, budget, {
              maxBodySize: sse.max_body_size,
              keepAliveInterval: sse.keep_alive_interval,
            }),
          inject: [McpInbound, NativeSse, Counters, Budget, Config],
        },
        {
          provide: PublishEndpoint,
          useFactory: (
            outbound: PublishPort,
            authorizer: Authorizer,
            limits: Limits,
            levers: Levers,
            counters: Counters,
            log: Log,
            budget: Budget,
            { value: { sse } }: Config,
          ) =>
            new PublishEndpoint(outbound, { authorizer, limits, levers }, counters, log, budget, {
              maxBodySize: sse.max_body_size,
            }),
          inject: [PublishPort, Authorizer, Limits, Levers, Counters, Log, Budget, Config],
        },
        {
          provide: LongpollEndpoint,
          useFactory: (
            pushConnections: PushInbound,
            threshold: RequestAdmission,
            counters: Counters,
            log: Log,
            budget: Budget,
            { value: { websocket, limits } }: Config,
          ) =>
            new LongpollEndpoint(pushConnections, threshold, counters, log, budget, {
              maxChannelFrame: websocket.max_channel_frame,
              pollTimeout: POLL_TIMEOUT,
              handshakeTimeout: limits.handshake_timeout,
              maxConnections: websocket.max_connections,
            }),
          inject: [PushInbound, RequestAdmission, Counters, Log, Budget, Config],
        },
        {
          provide: WebSocketHandler,
          useFactory: (
            intake: McpInbound,
            pushConnections: PushInbound,
            threshold: RequestAdmission,
            counters: Counters,
            log: Log,
            budget: Budget,
            { value: { websocket, limits } }: Config,
          ) =>
            new WebSocketHandler({ mcp: intake, push: pushConnections }, threshold, counters, log, budget, {
              pingInterval: websocket.ping_interval,
              pongTimeout: websocket.pong_timeout,
              maxChannelFrame: websocket.max_channel_frame,
              handshakeTimeout: limits.handshake_timeout,
            }),
          inject: [McpInbound, PushInbound, RequestAdmission, Counters, Log, Budget, Config],
        },
        {
          provide: ClientHttpServer,
          useFactory: (
            streamable: StreamableHttp,
            sse: McpSse,
            publishing: PublishEndpoint,
            threshold: RequestAdmission,
            counters: Counters,
            log: Log,
            { value }: Config,
          ) =>
            new ClientHttpServer(
              listenerSettings(value, value.sse),
              [streamable.route, ...sse.routes, ...publishing.routes],
              threshold,
              counters,
              log,
            ),
          inject: [StreamableHttp, McpSse, PublishEndpoint, RequestAdmission, Counters, Log, Config],
        },
        {
          provide: SocketAdapter,
          useFactory: (door: WebSocketHandler, longpoll: LongpollEndpoint, { value }: Config) =>
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
          inject: [WebSocketHandler, LongpollEndpoint, Config],
        },
        {
          provide: ListenerVitals,
          useFactory: (
            counters: Counters,
            http: ClientHttpServer,
            sockets: SocketAdapter,
            ...doors: { stop(): void }[]
          ) => new Listeners(http.listener, sockets.listener, doors, counters),
          inject: [
            Counters,
            ClientHttpServer,
            SocketAdapter,
            StreamableHttp,
            McpSse,
            NativeSse,
            WebSocketHandler,
            LongpollEndpoint,
          ],
        },
        SocketGateway,
      ],
      exports: [ListenerVitals, SocketAdapter],
    };
  }
}
