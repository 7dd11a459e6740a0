import { Global, Module } from '@nestjs/common';
import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { BoardLevers, LeverBoard } from './lever-board.js';

/** Levers come down as facts go up: here they are set by regulators and read by the data plane. */
@Global()
@Module({
  providers: [
    {
      provide: LeverBoard,
      useFactory: (bus: EventBus, clock: Clock) => new LeverBoard(bus, clock),
      inject: [EventBus, Clock],
    },
    { provide: LeverWriter, useExisting: LeverBoard },
    { provide: Levers, useFactory: (board: LeverBoard) => new BoardLevers(board), inject: [LeverBoard] },
  ],
  exports: [LeverWriter, Levers],
})
export class LeversModule {}
