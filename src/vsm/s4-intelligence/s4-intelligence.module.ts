import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { Activity } from '../../telemetry/client-activity.js';
import { Bus } from '../../telemetry/event-bus.js';
import { Reports } from '../../telemetry/intelligence.js';
import { Tally } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';
import { S4Intelligence } from './s4-intelligence.js';

/** S4: looks outside and ahead. */
@Module({
  providers: [
    {
      provide: S4Intelligence,
      useFactory: (tally: Tally, activity: Activity, bus: Bus, clock: Clock, log: Log, { value }: Config) => {
        const { regulation, limits } = value;
        const settings = {
          interval: regulation.interval,
          reportInterval: regulation.report_interval,
          client: { connections: limits.connections_per_client, messagesPerSecond: limits.messages_refill },
        };
        return new S4Intelligence({ tally, activity, bus }, settings, clock, log);
      },
      inject: [Tally, Activity, Bus, Clock, Log, Config],
    },
    { provide: Reports, useFactory: (s4: S4Intelligence) => s4.reports, inject: [S4Intelligence] },
  ],
  exports: [S4Intelligence, Reports],
})
export class S4IntelligenceModule {}
