import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { ClientActivities } from '../telemetry/client-activity.js';
import { EventBus } from '../telemetry/event-bus.js';
import { Counters } from '../telemetry/counters.js';
import { ServerInfo } from '../kernel/ports/server-info.js';
import { Clock } from '../kernel/clock.js';
import { McpInbound } from '../kernel/ports/mcp-inbound.js';
import { ToolCaller } from '../kernel/ports/tool-caller.js';
import { Levers } from '../kernel/ports/levers.js';
import { Admission, Authorizer, Limits } from '../kernel/ports/access.js';
import { PoolModule } from '../pool/pool.module.js';
import { Pools } from '../pool/pools.js';
import { Circuits } from '../resilience/circuits.js';
import { ResilienceModule } from '../resilience/resilience.module.js';
import { InstanceHealth } from '../routing/instance-health.js';
import { Router } from '../routing/router.js';
import { RoutingModule } from '../routing/routing.module.js';
import { SessionModule } from '../session/session.module.js';
import { Sessions } from '../session/sessions.js';
import { UnitModule } from '../unit/unit.module.js';
import { UpstreamConnector, Way } from './upstream/connector.js';
import { CallQueues } from './upstream/call-queues.js';
import { Era } from './eras/era.js';
import { LegacyEra } from './eras/legacy/legacy-era.js';
import { SessionFactory } from './session-factory.js';
import { RequestDispatcher } from './upstream/request-dispatcher.js';
import { Rebalancer } from './upstream/rebalancer.js';
import { SharedToolCaller } from './federation/shared-tool-caller.js';
import { SharedUpstreams } from './federation/shared-upstreams.js';
import { McpServer } from './mcp-server.js';
import { HealthChecks } from './upstream/health-checks.js';
import { UpstreamSessions } from './upstream/upstream-sessions.js';
import { ResponseRouter } from './upstream/response-router.js';
import { UnitRegistry } from './upstream/unit-registry.js';
import { UnitStats } from './upstream/unit-stats.js';
import { CallRecovery } from './upstream/call-recovery.js';
import { SilenceTimeouts } from './upstream/silence-timeouts.js';
import { LinkLifecycle } from './upstream/link-lifecycle.js';
import { CoarseClock } from './upstream/coarse-clock.js';

/** What carries a call from a client's transport to a unit, and its answer back. */
@Module({})
export class McpModule {
  /** @param imports modules that provide `Admission` and `Authorizer` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    const pools = PoolModule.forRoot([UnitModule]);
    const routing = RoutingModule.forRoot([UnitModule, pools]);
    return {
      module: McpModule,
      imports: [...imports, SessionModule, ResilienceModule, pools, routing],
      providers: [
        {
          provide: CoarseClock,
          useFactory: (clock: Clock) => new CoarseClock(clock),
          inject: [Clock],
        },
        {
          provide: CallQueues,
          useFactory: (levers: Levers, clock: Clock, { value: { limits, calls } }: Config) =>
            new CallQueues(levers, clock, { most: limits.calls_per_unit, patience: calls.turn_timeout }),
          inject: [Levers, Clock, Config],
        },
        { provide: Era, useClass: LegacyEra },
        {
          provide: RequestDispatcher,
          useFactory: (
            bus: EventBus,
            counters: Counters,
            watch: CoarseClock,
            queues: CallQueues,
            era: Era,
            { value: { limits } }: Config,
          ) =>
            new RequestDispatcher(bus, counters, watch, queues, era, {
              calls: limits.calls_per_session,
              subscriptions: limits.subscriptions_per_session,
            }),
          inject: [EventBus, Counters, CoarseClock, CallQueues, Era, Config],
        },
        {
          provide: Way,
          useFactory: (router: Router, health: InstanceHealth, circuits: Circuits, pools: Pools) => {
            circuits.watch(() => router.units.flatMap(({ instances }) => instances));
            return new Way(router, health, circuits, pools);
          },
          inject: [Router, InstanceHealth, Circuits, Pools],
        },
        {
          provide: UnitStats,
          useFactory: ({ health, circuits }: Way, watch: CoarseClock, levers: Levers, era: Era) =>
            new UnitStats(health, circuits, watch, levers, era),
          inject: [Way, CoarseClock, Levers, Era],
        },
        {
          provide: Rebalancer,
          useFactory: (way: Way, levers: Levers) => new Rebalancer(way, levers),
          inject: [Way, Levers],
        },
        {
          provide: HealthChecks,
          useFactory: (way: Way, units: UnitStats, watch: CoarseClock, era: Era, { value: { health } }: Config) =>
            new HealthChecks(way, units, watch, era, health),
          inject: [Way, UnitStats, CoarseClock, Era, Config],
        },
        {
          provide: UpstreamSessions,
          useFactory: (
            way: Way,
            units: UnitStats,
            dispatcher: RequestDispatcher,
            watch: CoarseClock,
            rebalancer: Rebalancer,
            queues: CallQueues,
            era: Era,
            bus: EventBus,
            counters: Counters,
            clock: Clock,
            config: Config,
          ) => {
            const { limits, calls, units_start_timeout: startTimeout } = config.value;
            const connector = new UpstreamConnector(way, units, bus, clock, startTimeout);
            const responses = new ResponseRouter(counters, clock, watch, units, era, limits.calls_per_session);
            const recovery = new CallRecovery(dispatcher, units, counters);
            const timeouts = new SilenceTimeouts({
              callTimeout: calls.timeout,
              silence: calls.silence,
              pingTimeout: calls.ping_timeout,
            });
            const parts = { connector, dispatcher, responses, recovery, units, watch, era };
            const links = new LinkLifecycle(parts, bus);
            return new UpstreamSessions({ ...parts, rebalancer, timeouts, queues }, links);
          },
          inject: [
            Way,
            UnitStats,
            RequestDispatcher,
            CoarseClock,
            Rebalancer,
            CallQueues,
            Era,
            EventBus,
            Counters,
            Clock,
            Config,
          ],
        },
        {
          provide: SharedUpstreams,
          useFactory: (
            upstreams: UpstreamSessions,
            clock: Clock,
            health: InstanceHealth,
            { value: { federation, pool } }: Config,
          ) => {
            const { names, list_timeout: listTimeout, page_size: pageSize } = federation;
            const sharedUpstreams = new SharedUpstreams(upstreams, clock, {
              names,
              listTimeout,
              pageSize,
              idleTimeout: pool.idle_timeout,
            });
            health.onChange(unit => sharedUpstreams.refresh(unit));
            return sharedUpstreams;
          },
          inject: [UpstreamSessions, Clock, InstanceHealth, Config],
        },
        {
          provide: McpServer,
          useFactory: (
            sessions: Sessions,
            admission: Admission,
            authorizer: Authorizer,
            callers: Limits,
            router: Router,
            upstreams: UpstreamSessions,
            dispatcher: RequestDispatcher,
            sharedUpstreams: SharedUpstreams,
            about: ServerInfo,
            bus: EventBus,
            counters: Counters,
            clock: Clock,
            activity: ClientActivities,
            era: Era,
            { value: { limits } }: Config,
          ) => {
            const sessionFactory = new SessionFactory(
              router,
              { upstreams, sessions, dispatcher, era },
              sharedUpstreams,
              about,
              limits.subscriptions_per_session,
            );
            const intake = new McpServer(
              {
                sessions,
                admission,
                authorizer,
                limits: callers,
                sessionFactory,
                upstreams,
                dispatcher,
                activity,
                era,
              },
              bus,
              counters,
              clock,
            );
            bus.on('policy_update', () => intake.review());
            return intake;
          },
          inject: [
            Sessions,
            Admission,
            Authorizer,
            Limits,
            Router,
            UpstreamSessions,
            RequestDispatcher,
            SharedUpstreams,
            ServerInfo,
            EventBus,
            Counters,
            Clock,
            ClientActivities,
            Era,
            Config,
          ],
        },
        { provide: UnitRegistry, useFactory: (way: Way) => new UnitRegistry(way), inject: [Way] },
        { provide: McpInbound, useExisting: McpServer },
        {
          provide: ToolCaller,
          useFactory: (
            router: Router,
            sharedUpstreams: SharedUpstreams,
            upstreams: UpstreamSessions,
            dispatcher: RequestDispatcher,
            limits: Limits,
            server: McpServer,
            counters: Counters,
            clock: Clock,
          ) => {
            const isDraining = (): boolean => server.isDraining;
            const parts = { router, sharedUpstreams, upstreams, dispatcher, limits, isDraining };
            return new SharedToolCaller(parts, counters, clock);
          },
          inject: [Router, SharedUpstreams, UpstreamSessions, RequestDispatcher, Limits, McpServer, Counters, Clock],
        },
      ],
      exports: [
        McpInbound,
        ToolCaller,
        McpServer,
        UpstreamSessions,
        SharedUpstreams,
        UnitRegistry,
        UnitStats,
        CallQueues,
        CoarseClock,
        HealthChecks,
        Way,
        pools,
      ],
    };
  }
}
