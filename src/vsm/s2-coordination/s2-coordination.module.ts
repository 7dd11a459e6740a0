import { Module } from '@nestjs/common';
import { Config } from '../../config/config.module.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { Log } from '../../kernel/log.js';
import { LocalSwitchPermit } from '../../resilience/local-switch-permit.js';
import { ResilienceModule } from '../../resilience/resilience.module.js';
import { Tools } from './damped-lever.js';
import { FairShare } from './fair-share.js';
import { InstanceFlaps } from './instance-flaps.js';
import { S2Coordination } from './s2-coordination.js';
import { SwitchWindow } from './switch-window.js';
import { TransportFlaps } from './transport-flaps.js';

const TOOLS = Symbol('what S2 works with');

/** S2: keeps those who share things from getting in each other's way. */
@Module({
  imports: [ResilienceModule],
  providers: [
    {
      provide: TOOLS,
      useFactory: (leverWriter: LeverWriter, bus: EventBus, clock: Clock): Tools => ({ leverWriter, bus, clock }),
      inject: [LeverWriter, EventBus, Clock],
    },
    {
      provide: SwitchWindow,
      useFactory: (local: LocalSwitchPermit, { value }: Config, bus: EventBus, clock: Clock) =>
        new SwitchWindow(local, value.switching, bus, clock),
      inject: [LocalSwitchPermit, Config, EventBus, Clock],
    },
    {
      provide: S2Coordination,
      useFactory: (
        tools: Tools,
        levers: Levers,
        counters: Counters,
        switches: SwitchWindow,
        log: Log,
        { value }: Config,
      ): S2Coordination => {
        const instances = new InstanceFlaps(tools, levers);
        const transports = new TransportFlaps(tools, counters);
        const shares = new FairShare(tools);
        return new S2Coordination({ instances, transports, shares, switches }, log, value.regulation.interval);
      },
      inject: [TOOLS, Levers, Counters, SwitchWindow, Log, Config],
    },
  ],
  exports: [S2Coordination, SwitchWindow],
})
export class S2CoordinationModule {}
