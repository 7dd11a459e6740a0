import { Signals } from '../../telemetry/signals.js';
import { Counts, Counters } from '../../telemetry/counters.js';
import { ServerInfo } from '../../kernel/ports/server-info.js';
import { Budget } from '../../kernel/budget.js';
import { Levers } from '../../kernel/ports/levers.js';
import { DeliveryView, Vitals } from '../../kernel/ports/vitals.js';
import { LatestFacts } from '../latest-facts.js';
import { Rates } from './rates.js';

export interface StatsSources {
  about: ServerInfo;
  counters: Counters;
  vitals: Vitals;
  delivery: DeliveryView;
  budget: Budget;
  levers: Levers;
  signals: Signals;
  latest: LatestFacts;
  rates: Rates;
}

/** The gateway on one page. */
export class Stats {
  constructor(private readonly sources: StatsSources) {}

  read(): object {
    const { about, counters, vitals, delivery, budget, levers, signals, latest, rates } = this.sources;
    return {
      ...rates.byTransport(),
      version: about.version,
      uptime_ms: Math.round(process.uptime() * 1_000),
      mode: levers.now.mode.get('') ?? 'normal',
      draining: vitals.draining,
      connections: plain(counters.connections),
      sessions: plain(counters.sessions),
      messages: { in: plain(counters.messagesIn), out: plain(counters.messagesOut) },
      errors: plain(counters.errors),
      load: vitals.load(),
      buffers: { bytes: budget.used, limit: budget.limit },
      pools: vitals.pools(),
      circuits: vitals.circuits(),
      instances: vitals.instances(),
      units: vitals.units(),
      delivery: delivery.delivery(),
      report: latest.report,
      open_pains: signals.open().length,
    };
  }
}

function plain(counts: Counts<string>): Record<string, number> {
  return Object.fromEntries(counts.entries());
}
