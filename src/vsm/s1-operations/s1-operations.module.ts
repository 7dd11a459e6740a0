import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { Bus } from '../../events/bus.js';
import { Tally } from '../../events/tally.js';
import { About } from '../../kernel/about.js';
import { Clock } from '../../kernel/clock.js';
import { Intake } from '../../kernel/intake.js';
import { Admission, Limits } from '../../kernel/principal.js';
import { Vitals } from '../../kernel/vitals.js';
import { Pools } from '../../pool/pools.js';
import { Circuits } from '../../resilience/circuits.js';
import { ResilienceModule } from '../../resilience/resilience.module.js';
import { Health } from '../../routing/health.js';
import { Router } from '../../routing/router.js';
import { SessionModule } from '../../session/session.module.js';
import { Sessions } from '../../session/sessions.js';
import { UnitModule } from '../../unit/unit.module.js';
import { Units } from '../../unit/units.js';
import { Binding, Way } from './binding.js';
import { Desks } from './desks.js';
import { Dispatch } from './dispatch.js';
import { Lines } from './federation/lines.js';
import { OperationsIntake } from './intake.js';
import { OperationsVitals } from './operations-vitals.js';
import { Prober } from './prober.js';
import { Relays } from './relays.js';
import { Return } from './return.js';
import { Roster } from './roster.js';
import { UnitState } from './unit-state.js';
import { Upkeep } from './upkeep.js';
import { Watch } from './watch.js';

/** S1: the one place where the stations of the data plane are joined. */
@Module({
  imports: [SessionModule, ResilienceModule, UnitModule],
  providers: [
    {
      provide: Health,
      useFactory: ({ value: { health } }: Config, bus: Bus, clock: Clock) => new Health(health, bus, clock),
      inject: [Config, Bus, Clock],
    },
    {
      provide: Router,
      useFactory: ({ value: { routing } }: Config, units: Units, health: Health, pools: Pools) =>
        new Router(units.all, health, { vnodes: routing.vnodes, load: instance => pools.load(instance) }),
      inject: [Config, Units, Health, Pools],
    },
    {
      provide: Pools,
      useFactory: ({ value: { pool } }: Config, units: Units, clock: Clock) =>
        new Pools(units.all, { checkoutTimeout: pool.checkout_timeout, idleTimeout: pool.idle_timeout }, clock),
      inject: [Config, Units, Clock],
    },
    {
      provide: Watch,
      useFactory: (clock: Clock, { value: { calls } }: Config) =>
        new Watch(clock, { callTimeout: calls.timeout, silence: calls.silence, pingTimeout: calls.ping_timeout }),
      inject: [Clock, Config],
    },
    {
      provide: Dispatch,
      useFactory: (bus: Bus, tally: Tally, clock: Clock, watch: Watch, { value: { limits } }: Config) =>
        new Dispatch(bus, tally, clock, watch, {
          calls: limits.calls_per_session,
          callsPerUnit: limits.calls_per_unit,
          subscriptions: limits.subscriptions_per_session,
        }),
      inject: [Bus, Tally, Clock, Watch, Config],
    },
    {
      provide: Way,
      useFactory: (router: Router, health: Health, circuits: Circuits, pools: Pools) =>
        new Way(router, health, circuits, pools),
      inject: [Router, Health, Circuits, Pools],
    },
    {
      provide: UnitState,
      useFactory: ({ health, circuits }: Way) => new UnitState(health, circuits),
      inject: [Way],
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
        bus: Bus,
        tally: Tally,
        clock: Clock,
        config: Config,
      ) => {
        const { limits, units_start_timeout: startTimeout } = config.value;
        const binding = new Binding(way, bus, clock, startTimeout);
        const back = new Return(tally, clock, watch, units, limits.calls_per_session);
        return new Relays({ binding, dispatch, back, watch, units }, bus, tally);
      },
      inject: [Way, UnitState, Dispatch, Watch, Bus, Tally, Clock, Config],
    },
    {
      provide: Lines,
      useFactory: (relays: Relays, clock: Clock, bus: Bus, { value: { federation, pool } }: Config) => {
        const { names, list_timeout: listTimeout, page_size: pageSize } = federation;
        const lines = new Lines(relays, clock, { names, listTimeout, pageSize, idleTimeout: pool.idle_timeout });
        bus.on('instance_out', ({ unit }) => lines.refresh(unit));
        bus.on('instance_back', ({ unit }) => lines.refresh(unit));
        return lines;
      },
      inject: [Relays, Clock, Bus, Config],
    },
    {
      provide: OperationsIntake,
      useFactory: (
        sessions: Sessions,
        admission: Admission,
        callers: Limits,
        router: Router,
        relays: Relays,
        dispatch: Dispatch,
        lines: Lines,
        about: About,
        bus: Bus,
        tally: Tally,
        clock: Clock,
        { value: { limits } }: Config,
      ) => {
        const desks = new Desks(router, { relays, sessions, dispatch }, lines, about, limits.subscriptions_per_session);
        return new OperationsIntake(
          { sessions, admission, limits: callers, desks, relays, dispatch },
          bus,
          tally,
          clock,
        );
      },
      inject: [Sessions, Admission, Limits, Router, Relays, Dispatch, Lines, About, Bus, Tally, Clock, Config],
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
      provide: Vitals,
      useFactory: (intake: OperationsIntake, way: Way) => new OperationsVitals(intake, way),
      inject: [OperationsIntake, Way],
    },
  ],
  exports: [Intake, OperationsIntake, Roster, Upkeep, Vitals, Pools, UnitModule],
})
export class S1OperationsModule {}
