import { InstanceVitals } from '../../kernel/ports/vitals.js';

type Work = Pick<InstanceVitals, 'unit' | 'answered' | 'failed'>;

/** How the gateway itself is, at one look. */
export interface PressureSignals {
  /** 99th percentile of the event loop's delay since the last look, in ms; 0 where it is not late by its own work. */
  loopDelay: number;
  /** Share of the bytes that all buffers may hold. */
  buffers: number;
  /** Critical pains that are the gateway's, each as a sentence. */
  pains: readonly string[];
  /** Share of calls that failed, where that is not the trouble of one unit; else 0. */
  errorRate: number;
  /** Share of the heap that V8 allows, and of memory that is free. */
  heap: number;
  freeMemory: number;
}

/** How long the event loop was late. */
export abstract class LoopDelay {
  /** 99th percentile since the last time, in ms; 0 where the loop had little to do: then the machine is slow, and to shed work helps nobody. */
  abstract take(): number;
  abstract stop(): void;
}

/** Tells an error rate that all have part in from that of one unit. */
export class ErrorShare {
  private before = new Map<string, { answered: number; failed: number }>();

  /** @returns the rate, where more than one unit and most of those that had work failed more often than they answered; else 0 */
  of(rate: number, instances: readonly Work[]): number {
    const now = new Map<string, { answered: number; failed: number }>();
    for (const { unit, answered, failed } of instances) {
      const sum = now.get(unit) ?? { answered: 0, failed: 0 };
      now.set(unit, { answered: sum.answered + answered, failed: sum.failed + failed });
    }
    let busy = 0;
    let failing = 0;
    for (const [unit, { answered, failed }] of now) {
      const before = this.before.get(unit) ?? { answered: 0, failed: 0 };
      const [good, bad] = [answered - before.answered, failed - before.failed];
      if (good + bad > 0) busy++;
      if (bad > good) failing++;
    }
    this.before = now;
    return failing >= 2 && failing * 2 > busy ? rate : 0;
  }
}
