import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { ClientActivities } from '../../telemetry/client-activity.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Reports } from '../../telemetry/intelligence.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';
import { S4Intelligence } from './s4-intelligence.js';

/** S4: looks outside and ahead. */
@Module({
  providers: [
    {
      provide: S4Intelligence,
      useFactory: (
        counters: Counters,
        activity: ClientActivities,
        bus: EventBus,
        clock: Clock,
        log: Log,
        { value }: Config,
      ) => {
        const { regulation, limits } = value;
        const settings = {
          interval: regulation.interval,
          reportInterval: regulation.report_interval,
          client: { connections: limits.connections_per_client, messagesPerSecond: limits.messages_refill },
        };
        return new S4Intelligence({ counters, activity, bus }, settings, clock, log);
      },
      inject: [Counters, ClientActivities, EventBus, Clock, Log, Config],
    },
    { provide: Reports, useFactory: (s4: S4Intelligence) => s4.reports, inject: [S4Intelligence] },
  ],
  exports: [S4Intelligence, Reports],
})
export class S4IntelligenceModule {}
