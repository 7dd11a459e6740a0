import { getHeapStatistics } from 'node:v8';
import { Budget } from '../../kernel/budget.js';
import { FoldedSignals } from './signals.js';

/** Shares of what there is at which it hurts, and below which it does no more. */
const HURTS = 0.95;
const EASES = 0.9;

/** Feels when the gateway's own memory runs out: the buffers' common budget, and the heap. */
export class Pressure {
  constructor(
    private readonly signals: FoldedSignals,
    private readonly budget: Pick<Budget, 'used' | 'limit'>,
    private readonly heap: () => { used_heap_size: number; heap_size_limit: number } = getHeapStatistics,
  ) {}

  tick(): void {
    const { used_heap_size, heap_size_limit } = this.heap();
    this.weigh('buffers', this.budget.used, this.budget.limit, 'raise_buffered_bytes');
    this.weigh('heap', used_heap_size, heap_size_limit, 'add_memory');
  }

  private weigh(of: string, used: number, limit: number, suggested_action: string): void {
    if (used < EASES * limit) return this.signals.eased('memory', of, `The ${of} have room again.`);
    if (used < HURTS * limit || this.signals.isOpen('memory', of)) return;
    this.signals.felt({
      ...{ severity: 'critical', source: 'memory', of, suggested_action },
      message: `The ${of} are nearly full: ${used} of ${limit} bytes are used.`,
      context: { used_bytes: used, limit_bytes: limit },
    });
  }
}
