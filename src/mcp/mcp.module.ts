import { DynamicModule, Module, ModuleMetadata } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Activity } from '../telemetry/client-activity.js';
import { Bus } from '../telemetry/event-bus.js';
import { Tally } from '../telemetry/counters.js';
import { About } from '../kernel/ports/server-info.js';
import { Clock } from '../kernel/clock.js';
import { Intake } from '../kernel/ports/mcp-inbound.js';
import { isAvoided, Levers } from '../kernel/ports/levers.js';
import { Admission, Authorizer, Limits } from '../kernel/ports/access.js';
import { Vitals } from '../kernel/ports/vitals.js';
import { Pools } from '../pool/pools.js';
import { Circuits } from '../resilience/circuits.js';
import { ResilienceModule } from '../resilience/resilience.module.js';
import { Health } from '../routing/health.js';
import { Router } from '../routing/router.js';
import { SessionModule } from '../session/session.module.js';
import { Sessions } from '../session/sessions.js';
import { UnitModule } from '../unit/unit.module.js';
import { Units } from '../unit/units.js';
import { UnitAudit } from '../vsm/s1-operations/s1-audit.js';
import { Binding, Way } from './upstream/connector.js';
import { CallQueues } from './upstream/call-queues.js';
import { Desks } from './session-factory.js';
import { Dispatch } from './upstream/request-dispatcher.js';
import { Evasion } from './upstream/rebalancer.js';
import { Lines } from './federation/shared-upstreams.js';
import { OperationsIntake } from './mcp-server.js';
import { OperationsVitals } from '../vsm/s1-operations/s1-vitals.js';
import { Prober } from './upstream/health-checks.js';
import { Relays } from './upstream/upstream-sessions.js';
import { Return } from './upstream/response-router.js';
import { Roster } from './upstream/unit-registry.js';
import { UnitState } from './upstream/unit-stats.js';
import { Upkeep } from '../app/maintenance.js';
import { Watch } from './upstream/coarse-clock.js';

/** S1: the one place where the stations of the data plane are joined. */
@Module({})
export class S1OperationsModule {
  /** @param imports modules that provide `Admission` and `Authorizer` */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: S1OperationsModule,
      imports: [...imports, SessionModule, ResilienceModule, UnitModule],
      providers: [
        {
          provide: Health,
          useFactory: ({ value: { health } }: Config, bus: Bus, clock: Clock) => new Health(health, bus, clock),
          inject: [Config, Bus, Clock],
        },
        {
          provide: Router,
          useFactory: ({ value: { routing } }: Config, units: Units, health: Health, pools: Pools, levers: Levers) =>
            new Router(units.all, health, {
              vnodes: routing.vnodes,
              load: instance => pools.load(instance),
              isAvoided: id => isAvoided(levers.now, id),
            }),
          inject: [Config, Units, Health, Pools, Levers],
        },
        {
          provide: Pools,
          useFactory: ({ value: { pool } }: Config, units: Units, clock: Clock, bus: Bus, levers: Levers) => {
            const settings = { checkoutTimeout: pool.checkout_timeout, idleTimeout: pool.idle_timeout };
            const pools = new Pools(units.all, settings, { clock, bus, random: Math.random });
            levers.onChange(({ pool_size }) => pools.obey(pool_size));
            return pools;
          },
          inject: [Config, Units, Clock, Bus, Levers],
        },
        {
          provide: Watch,
          useFactory: (clock: Clock, { value: { calls } }: Config) =>
            new Watch(clock, { callTimeout: calls.timeout, silence: calls.silence, pingTimeout: calls.ping_timeout }),
          inject: [Clock, Config],
        },
        {
          provide: CallQueues,
          useFactory: (levers: Levers, clock: Clock, { value: { limits, calls } }: Config) =>
            new CallQueues(levers, clock, { most: limits.calls_per_unit, patience: calls.turn_timeout }),
          inject: [Levers, Clock, Config],
        },
        {
          provide: Dispatch,
          useFactory: (bus: Bus, tally: Tally, watch: Watch, queues: CallQueues, { value: { limits } }: Config) =>
            new Dispatch(bus, tally, watch, queues, {
              calls: limits.calls_per_session,
              subscriptions: limits.subscriptions_per_session,
            }),
          inject: [Bus, Tally, Watch, CallQueues, Config],
        },
        {
          provide: Way,
          useFactory: (router: Router, health: Health, circuits: Circuits, pools: Pools) => {
            circuits.watch(() => router.units.flatMap(({ instances }) => instances));
            return new Way(router, health, circuits, pools);
          },
          inject: [Router, Health, Circuits, Pools],
        },
        {
          provide: UnitState,
          useFactory: ({ health, circuits }: Way, watch: Watch, levers: Levers) =>
            new UnitState(health, circuits, watch, levers),
          inject: [Way, Watch, Levers],
        },
        {
          provide: Evasion,
          useFactory: (way: Way, levers: Levers) => new Evasion(way, levers),
          inject: [Way, Levers],
        },
        {
          provide: Prober,
          useFactory: (way: Way, units: UnitState, watch: Watch, { value: { health } }: Config) =>
            new Prober(way, units, watch, health),
          inject: [Way, UnitState, Watch, Config],
        },
        {
          provide: Relays,
          useFactory: (
            way: Way,
            units: UnitState,
            dispatch: Dispatch,
            watch: Watch,
            evasion: Evasion,
            bus: Bus,
            tally: Tally,
            clock: Clock,
            config: Config,
          ) => {
            const { limits, units_start_timeout: startTimeout } = config.value;
            const binding = new Binding(way, units, bus, clock, startTimeout);
            const back = new Return(tally, clock, watch, units, limits.calls_per_session);
            return new Relays({ binding, dispatch, back, watch, evasion, units }, bus, tally);
          },
          inject: [Way, UnitState, Dispatch, Watch, Evasion, Bus, Tally, Clock, Config],
        },
        {
          provide: Lines,
          useFactory: (relays: Relays, clock: Clock, health: Health, { value: { federation, pool } }: Config) => {
            const { names, list_timeout: listTimeout, page_size: pageSize } = federation;
            const lines = new Lines(relays, clock, { names, listTimeout, pageSize, idleTimeout: pool.idle_timeout });
            health.onChange(unit => lines.refresh(unit));
            return lines;
          },
          inject: [Relays, Clock, Health, Config],
        },
        {
          provide: OperationsIntake,
          useFactory: (
            sessions: Sessions,
            admission: Admission,
            authorizer: Authorizer,
            callers: Limits,
            router: Router,
            relays: Relays,
            dispatch: Dispatch,
            lines: Lines,
            about: About,
            bus: Bus,
            tally: Tally,
            clock: Clock,
            activity: Activity,
            { value: { limits } }: Config,
          ) => {
            const desks = new Desks(
              router,
              { relays, sessions, dispatch },
              lines,
              about,
              limits.subscriptions_per_session,
            );
            const intake = new OperationsIntake(
              { sessions, admission, authorizer, limits: callers, desks, relays, dispatch, activity },
              bus,
              tally,
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
            Relays,
            Dispatch,
            Lines,
            About,
            Bus,
            Tally,
            Clock,
            Activity,
            Config,
          ],
        },
        {
          provide: Upkeep,
          useFactory: (
            intake: OperationsIntake,
            lines: Lines,
            pools: Pools,
            prober: Prober,
            watch: Watch,
            clock: Clock,
            { value }: Config,
          ) => {
            const { health, pool, sessions } = value;
            const settings = {
              sessionIdle: sessions.idle_timeout,
              leaseIdle: pool.idle_timeout,
              probeInterval: health.interval,
            };
            return new Upkeep({ intake, pools, lines, prober, watch }, clock, settings);
          },
          inject: [OperationsIntake, Lines, Pools, Prober, Watch, Clock, Config],
        },
        { provide: Roster, useFactory: (way: Way) => new Roster(way), inject: [Way] },
        { provide: Intake, useExisting: OperationsIntake },
        {
          provide: UnitAudit,
          useFactory: (way: Way, prober: Prober, relays: Relays, clock: Clock, { value }: Config) =>
            new UnitAudit(way, prober, relays, clock, value.health.timeout),
          inject: [Way, Prober, Relays, Clock, Config],
        },
        {
          provide: Vitals,
          useFactory: (
            intake: OperationsIntake,
            way: Way,
            relays: Relays,
            state: UnitState,
            queues: CallQueues,
            clock: Clock,
            tally: Tally,
          ) => new OperationsVitals(intake, way, relays, { state, queues }, clock, tally),
          inject: [OperationsIntake, Way, Relays, UnitState, CallQueues, Clock, Tally],
        },
      ],
      exports: [Intake, UnitAudit, OperationsIntake, Relays, Roster, Upkeep, Vitals, Pools, UnitModule],
    };
  }
}
