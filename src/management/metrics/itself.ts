import { getHeapStatistics } from 'node:v8';
import { Budget } from '../../kernel/budget.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { Family, gauge, single } from './family.js';

/** The process itself, beside what prom-client tells of any Node process. */
export function itself(vitals: Vitals, budget: Budget, version: string): Family[] {
  return [
    gauge('gateway_info', 'Always 1; the version is its label.', ['version'], () => [[{ version }, 1]]),
    gauge('gateway_draining', '1 while it drains.', [], () => single(Number(vitals.draining))),
    gauge('gateway_relays', 'Sessions, and the gateway itself, joined to units.', [], () =>
      single(vitals.load().relays),
    ),
    gauge('gateway_calls_in_flight', 'Calls that a client waits for, handshakes included.', [], () =>
      single(vitals.load().callsInFlight),
    ),
    gauge('gateway_buffered_bytes', 'Bytes that all buffers hold together.', [], () => single(budget.used)),
    gauge('gateway_buffered_limit_bytes', 'Bytes that all buffers may hold together.', [], () => single(budget.limit)),
    gauge('gateway_heap_limit_bytes', 'Heap that V8 allows the process.', [], () =>
      single(getHeapStatistics().heap_size_limit),
    ),
  ];
}
