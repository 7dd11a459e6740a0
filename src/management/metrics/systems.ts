import { SYSTEM_OF } from '../../telemetry/event-map.js';
import { Counters } from '../../telemetry/counters.js';
import { LEVER_OWNERS, LeverName, Levers, MODES } from '../../kernel/ports/levers.js';
import { EventCounts } from './event-counts.js';
import { counter, Family, gauge, Samples } from './family.js';
import { by } from './traffic.js';

const LEVERS = Object.keys(LEVER_OWNERS) as LeverName[];
/** Their targets are clients, and clients are without number: only how many are set is told. */
const OF_CLIENTS: ReadonlySet<LeverName> = new Set<LeverName>(['rate_limit', 'held']);
const CODES: Readonly<Record<string, number>> = { open: 1, closed: 0, high: 2, normal: 1, low: 0 };

/** What the systems feel, decide and hold. */
export function systems(levers: Levers, counters: Counters, { facts, switches }: EventCounts): Family[] {
  return [
    gauge('gateway_mode', '1 for the mode the gateway is in.', ['mode'], () => {
      const mode = levers.now.mode.get('') ?? 'normal';
      return MODES.map(name => [{ mode: name }, Number(name === mode)]);
    }),
    gauge('gateway_levers', 'Targets that a lever is set on.', ['lever'], () =>
      LEVERS.map(lever => [{ lever }, levers.now[lever].size]),
    ),
    gauge(
      'gateway_lever_value',
      'Value of a lever; 1 for one that is just set. A forced circuit: 1 open, 0 closed. Least priority: 2 high, 1 normal.',
      ['lever', 'target'],
      () => values(levers),
    ),
    gauge('gateway_pain_open', 'Pains that have not ended.', ['severity'], () => [
      [{ severity: 'moderate' }, counters.pains.get('moderate')],
      [{ severity: 'critical' }, counters.pains.get('critical')],
    ]),
    counter(
      'gateway_events_total',
      'Facts told on the bus, by the system that they belong to.',
      ['event', 'system'],
      () => [...facts].map(([event, count]) => [{ event, system: SYSTEM_OF[event] }, count]),
    ),
    counter('gateway_switches_total', 'Wishes to change the transport.', ['outcome'], () => [
      [{ outcome: 'granted' }, switches.granted],
      [{ outcome: 'refused' }, switches.refused],
    ]),
    counter('gateway_webhook_total', 'Signals for the webhook by what became of them.', ['outcome'], () =>
      by('outcome', counters.webhook),
    ),
  ];
}

function* values({ now }: Levers): Samples {
  for (const lever of LEVERS) {
    if (lever === 'mode' || OF_CLIENTS.has(lever)) continue;
    for (const [target, value] of now[lever]) {
      yield [{ lever, target }, typeof value === 'string' ? (CODES[value] ?? 0) : Number(value)];
    }
  }
}
