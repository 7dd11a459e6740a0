import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Signals } from '../../telemetry/signals.js';
import { Counters } from '../../telemetry/counters.js';
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
      useFactory: (bus: EventBus, clock: Clock, counters: Counters) => new FoldedSignals(bus, clock, counters),
      inject: [EventBus, Clock, Counters],
    },
    { provide: Signals, useExisting: FoldedSignals },
    {
      provide: Triggers,
      useFactory: (bus: EventBus, signals: FoldedSignals, clock: Clock) => new Triggers(bus, signals, clock),
      inject: [EventBus, FoldedSignals, Clock],
    },
    {
      provide: Pressure,
      useFactory: (signals: FoldedSignals, budget: Budget) => new Pressure(signals, budget),
      inject: [FoldedSignals, Budget],
    },
    {
      provide: Webhook,
      useFactory: ({ value }: Config, counters: Counters, clock: Clock, log: Log): Webhook | undefined => {
        const { webhook } = value.regulation;
        return webhook && new Webhook(webhook, counters, clock, log);
      },
      inject: [Config, Counters, Clock, Log],
    },
    {
      provide: AlgedonicChannel,
      useFactory: (...[bus, log, { value }, signals, triggers, pressure, webhook]: Parts): AlgedonicChannel =>
        new AlgedonicChannel({ signals, triggers, pressure, webhook }, bus, log, value.regulation.interval),
      inject: [EventBus, Log, Config, FoldedSignals, Triggers, Pressure, Webhook],
    },
  ],
  exports: [AlgedonicChannel, Signals],
})
export class AlgedonicModule {}

type Parts = [EventBus, Log, Config, FoldedSignals, Triggers, Pressure, Webhook | undefined];
