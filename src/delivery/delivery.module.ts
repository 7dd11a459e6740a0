import { Module } from '@nestjs/common';
import { Config } from '../config/config.module.js';
import { Budget } from '../kernel/budget.js';
import { Clock } from '../kernel/clock.js';
import { shortId } from '../kernel/ids.js';
import { Log } from '../kernel/log.js';
import { MessageLog } from './message-log.js';
import { MemoryMessageLog } from './message-log.memory.js';
import { Outboxes } from './outboxes.js';

@Module({
  providers: [
    {
      provide: MessageLog,
      useFactory: ({ value: { delivery } }: Config, budget: Budget, clock: Clock) =>
        new MemoryMessageLog(
          {
            messages: delivery.outbox_messages,
            bytes: delivery.outbox_bytes,
            replayMessages: Math.max(delivery.replay_messages, delivery.silent_window),
            replayBytes: delivery.replay_bytes,
          },
          budget,
          clock,
        ),
      inject: [Config, Budget, Clock],
    },
    {
      provide: Outboxes,
      useFactory: (messages: MessageLog, clock: Clock, log: Log, { value: { delivery } }: Config) =>
        new Outboxes(
          messages,
          clock,
          {
            windowHalf: delivery.window_half,
            windowFull: delivery.window_full,
            rate: delivery.rate,
            lag: delivery.lag,
            bundle: delivery.bundle,
            socketBuffer: delivery.socket_buffer,
            silentWindow: delivery.silent_window,
            // Nobody else has this process' logs, and they end with it.
            owner: { node: shortId(), fence: 1 },
          },
          err => log.error({ err }, 'a turn of deliveries failed; it is tried again'),
        ),
      inject: [MessageLog, Clock, Log, Config],
    },
  ],
  exports: [MessageLog, Outboxes],
})
export class DeliveryModule {}
