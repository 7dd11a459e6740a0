import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { Bus } from '../../telemetry/event-bus.js';
import { Signals } from '../../telemetry/signals.js';
import { Tally } from '../../telemetry/counters.js';
import { Budget } from '../../kernel/budget.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';
import { AlgedonicChannel } from './algedonic-channel.js';
import { Pressure } from './pressure.js';
import { FoldedSignals } from './signals.js';
import { Triggers } from './triggers.js';
import { Webhook } from './webhook.js';

/** Pain and pleasure, past everybody else. */
@Module({
  providers: [
    {
      provide: FoldedSignals,
      useFactory: (bus: Bus, clock: Clock, tally: Tally) => new FoldedSignals(bus, clock, tally),
      inject: [Bus, Clock, Tally],
    },
    { provide: Signals, useExisting: FoldedSignals },
    {
      provide: Triggers,
      useFactory: (bus: Bus, signals: FoldedSignals, clock: Clock) => new Triggers(bus, signals, clock),
      inject: [Bus, FoldedSignals, Clock],
    },
    {
      provide: Pressure,
      useFactory: (signals: FoldedSignals, budget: Budget) => new Pressure(signals, budget),
      inject: [FoldedSignals, Budget],
    },
    {
      provide: Webhook,
      useFactory: ({ value }: Config, tally: Tally, clock: Clock, log: Log): Webhook | undefined => {
        const { webhook } = value.regulation;
        return webhook && new Webhook(webhook, tally, clock, log);
      },
      inject: [Config, Tally, Clock, Log],
    },
    {
      provide: AlgedonicChannel,
      useFactory: (...[bus, log, { value }, signals, triggers, pressure, webhook]: Parts): AlgedonicChannel =>
        new AlgedonicChannel({ signals, triggers, pressure, webhook }, bus, log, value.regulation.interval),
      inject: [Bus, Log, Config, FoldedSignals, Triggers, Pressure, Webhook],
    },
  ],
  exports: [AlgedonicChannel, Signals],
})
export class AlgedonicModule {}

type Parts = [Bus, Log, Config, FoldedSignals, Triggers, Pressure, Webhook | undefined];
