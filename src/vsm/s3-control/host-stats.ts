import { EventLoopUtilization, IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Clock } from '../../kernel/clock.js';
import { freeMemory } from '../../kernel/free-memory.js';

/** Between two measurements of the event loop, in ms; each holds it, and it is no delay. */
const RESOLUTION = 10;

/** How the process and its machine are. */
export interface Condition {
  /** 99th percentile of the event loop's delay since the look before, or how late this look is, in ms. */
  delayMs: number;
  /** 0 … 1: of the time since the look before, how long the event loop was at work. A process that waits for its turn is not. */
  busy: number;
  /** 0 … 1: of the heap that V8 allows. */
  heap: number;
  /** 0 … 1: memory that is free, of what the machine has, or the container may have. */
  freeMemory: number;
}

export abstract class HostStats {
  /** As of the last `look()`. */
  abstract readonly condition: Condition;
  abstract look(): void;
  abstract start(): void;
  abstract stop(): void;
}

export class LocalHostStats extends HostStats {
  condition: Condition = { delayMs: 0, busy: 0, heap: 0, freeMemory: 1 };
  private delay: IntervalHistogram | undefined;
  private utilization: EventLoopUtilization | undefined;
  private lookedAt = Infinity;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds between looks. */
    private readonly interval: number,
  ) {
    super();
  }

  start(): void {
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.delay.enable();
    this.utilization = performance.eventLoopUtilization();
    this.lookedAt = this.clock.elapsed();
  }

  look(): void {
    const { used_heap_size, heap_size_limit } = getHeapStatistics();
    const now = this.clock.elapsed();
    // What a reset histogram sees first it only counts from: a loop that is later than all looks would go unseen.
    const late = Math.max(0, now - this.lookedAt - this.interval);
    const delayMs = Math.max(late, (this.delay?.percentile(99) ?? 0) / 1e6 - RESOLUTION);
    this.delay?.reset();
    this.lookedAt = now;
    const utilization = performance.eventLoopUtilization();
    const { utilization: busy } = performance.eventLoopUtilization(utilization, this.utilization);
    this.utilization = utilization;
    this.condition = { delayMs, busy, heap: used_heap_size / heap_size_limit, freeMemory: freeMemory() };
  }

  stop(): void {
    this.delay?.disable();
    this.delay = undefined;
  }
}
