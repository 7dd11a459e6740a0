import { Global, Module } from '@nestjs/common';
import { Bus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { LeverDesk, Levers } from '../../kernel/ports/levers.js';
import { BoardLevers, LeverBoard } from './lever-board.js';

/** Levers come down as facts go up: here they are set by regulators and read by the data plane. */
@Global()
@Module({
  providers: [
    { provide: LeverBoard, useFactory: (bus: Bus, clock: Clock) => new LeverBoard(bus, clock), inject: [Bus, Clock] },
    { provide: LeverDesk, useExisting: LeverBoard },
    { provide: Levers, useFactory: (board: LeverBoard) => new BoardLevers(board), inject: [LeverBoard] },
  ],
  exports: [LeverDesk, Levers],
})
export class LeversModule {}
