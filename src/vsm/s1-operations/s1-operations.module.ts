import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { Bus } from '../../events/bus.js';
import { Tally } from '../../events/tally.js';
import { Clock } from '../../kernel/clock.js';
import { Intake } from '../../kernel/intake.js';
import { Admission } from '../../kernel/principal.js';
import { Vitals } from '../../kernel/vitals.js';
import { Pools } from '../../pool/pools.js';
import { Circuits } from '../../resilience/circuits.js';
import { ResilienceModule } from '../../resilience/resilience.module.js';
import { Router } from '../../routing/router.js';
import { SessionModule } from '../../session/session.module.js';
import { Sessions } from '../../session/sessions.js';
import { UnitModule } from '../../unit/unit.module.js';
import { Units } from '../../unit/units.js';
import { Binding } from './binding.js';
import { Dispatch } from './dispatch.js';
import { OperationsIntake } from './intake.js';
import { OperationsVitals } from './operations-vitals.js';
import { Return } from './return.js';

/** S1: the one place where the stations of the data plane are joined. */
@Module({
  imports: [SessionModule, ResilienceModule, UnitModule],
  providers: [
    {
      provide: Router,
      useFactory: ({ value }: Config, units: Units) => new Router(units.all, value.routing.vnodes),
      inject: [Config, Units],
    },
    {
      provide: Pools,
      useFactory: ({ value }: Config, units: Units) => new Pools(units.all, value.pool.checkout_timeout),
      inject: [Config, Units],
    },
    {
      provide: Dispatch,
      useFactory: (bus: Bus, tally: Tally, clock: Clock, { value }: Config) =>
        new Dispatch(bus, tally, clock, value.limits.calls_per_session),
      inject: [Bus, Tally, Clock, Config],
    },
    {
      provide: Binding,
      useFactory: (router: Router, circuits: Circuits, pools: Pools, bus: Bus, clock: Clock, { value }: Config) =>
        new Binding({ router, circuits, pools }, bus, clock, value.units_start_timeout),
      inject: [Router, Circuits, Pools, Bus, Clock, Config],
    },
    {
      provide: OperationsIntake,
      useFactory: (
        sessions: Sessions,
        router: Router,
        admission: Admission,
        binding: Binding,
        dispatch: Dispatch,
        bus: Bus,
        tally: Tally,
        clock: Clock,
        { value }: Config,
      ) => {
        const back = new Return(tally, clock, value.limits.calls_per_session);
        return new OperationsIntake({ sessions, router, admission, binding, dispatch, back }, bus, tally, clock);
      },
      inject: [Sessions, Router, Admission, Binding, Dispatch, Bus, Tally, Clock, Config],
    },
    { provide: Intake, useExisting: OperationsIntake },
    {
      provide: Vitals,
      useFactory: (intake: OperationsIntake, pools: Pools, circuits: Circuits) =>
        new OperationsVitals(intake, pools, circuits),
      inject: [OperationsIntake, Pools, Circuits],
    },
  ],
  exports: [Intake, OperationsIntake, Vitals, Pools, UnitModule],
})
export class S1OperationsModule {}
