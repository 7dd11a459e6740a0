import { EventLoopUtilization, IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { LoopDelay } from './pressure-signals.js';

/** Milliseconds between two samples; what is measured includes it. */
const RESOLUTION = 10;
/** Share of the time for which the loop must be at work. A process that waits for its turn at the machine is not. */
const AT_WORK = 0.8;

export class MeasuredLoopDelay extends LoopDelay {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  private before: EventLoopUtilization;
  private tookAt = performance.now();

  constructor(
    /** Milliseconds between two looks. */
    private readonly interval: number,
    private readonly utilization: () => EventLoopUtilization = () => performance.eventLoopUtilization(),
  ) {
    super();
    this.histogram.enable();
    this.before = utilization();
  }

  take(): number {
    const now = performance.now();
    // A histogram that was reset only counts from what it sees first: a loop that is later than all looks would go unseen.
    const late = now - this.tookAt - this.interval;
    const measured = this.histogram.percentile(99) / 1e6 - RESOLUTION;
    this.histogram.reset();
    this.tookAt = now;
    return this.share() < AT_WORK ? 0 : Math.max(0, late, measured);
  }

  stop(): void {
    this.histogram.disable();
  }

  private share(): number {
    const now = this.utilization();
    const { utilization } = performance.eventLoopUtilization(now, this.before);
    this.before = now;
    return utilization;
  }
}
