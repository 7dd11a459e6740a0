import { ClientActivities } from '../../telemetry/client-activity.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { GatewayReport, LoadForecast, Reports, UsagePattern } from '../../telemetry/intelligence.js';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';
import { Regulator, Sight } from '../../kernel/ports/regulator.js';
import { PoolVitals } from '../../kernel/ports/vitals.js';
import { Anomalies } from './anomalies.js';
import { Forecaster, SAMPLE } from './forecast.js';
import { ClientBounds, Patterns } from './patterns.js';
import { Reporter } from './report.js';
import { Schedule } from './schedule.js';
import { thresholdsUnder } from './thresholds.js';

export interface IntelligenceSettings {
  /** Milliseconds between two looks. */
  interval: number;
  reportInterval: number;
  client: ClientBounds;
}

/** What S4 reads besides its sight. */
export interface Facts {
  counters: Counters;
  activity: ClientActivities;
  bus: EventBus;
}

/** Milliseconds between looks at what is owed to clients; each of these sorts those that are behind. */
const DELIVERY_LOOK = 2_000;
/** Looks for anomalies from one report to the next. */
const ANOMALY_LOOKS = 10;

/**
 * S4 looks outside and ahead: what clients do, what is out of the ordinary, what will come. It moves no lever; what it
 * finds are facts for S3 and S5.
 */
export class S4Intelligence extends Regulator {
  private readonly patterns: Patterns;
  private readonly reporter: Reporter;
  private readonly schedule: Schedule;
  private readonly anomalies: Anomalies;
  private readonly forecaster: Forecaster;
  private newest: GatewayReport | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly unsubscribe: () => void;

  constructor(
    private readonly facts: Facts,
    private readonly settings: IntelligenceSettings,
    clock: Clock,
    log: Log,
  ) {
    super();
    this.patterns = new Patterns(settings.client);
    this.reporter = new Reporter(facts.counters, clock);
    this.anomalies = new Anomalies(facts.counters);
    this.forecaster = new Forecaster(facts.counters, clock);
    this.schedule = new Schedule(clock, log);
    // Before anybody starts: who starts first may tell of a policy at once.
    this.unsubscribe = facts.bus.on('policy_update', ({ constraints }) => {
      this.patterns.thresholds = thresholdsUnder(constraints);
    });
  }

  /** What it has found, for those who ask. */
  get reports(): Reports {
    return {
      latest: () => this.newest,
      patterns: () => this.patterns.present(),
      anomalies: () => this.anomalies.present(),
      forecasts: () => this.forecasts(),
    };
  }

  start({ vitals, delivery }: Sight): void {
    const { schedule, patterns, anomalies, forecaster, settings } = this;
    const { bus, activity } = this.facts;
    schedule.every(0, 'patterns', now => this.tell(patterns.look(activity, now)));
    schedule.every(DELIVERY_LOOK, 'slow consumers', () => this.tell(patterns.lookAtDelivery(delivery.delivery())));
    schedule.every(settings.reportInterval / ANOMALY_LOOKS, 'anomalies', now => {
      const { begun, ended } = anomalies.look(vitals.instances(), now);
      for (const anomaly of begun) bus.emit('anomaly_detected', anomaly);
      for (const end of ended) bus.emit('anomaly_ended', end);
    });
    schedule.every(SAMPLE, 'load', () => forecaster.sample());
    schedule.every(settings.reportInterval, 'report', () => this.report(vitals.pools()));
    this.timer = setInterval(() => this.tick(), settings.interval);
    this.timer.unref();
  }

  /** One look. It never throws. */
  tick(): void {
    this.schedule.run();
  }

  stop(): void {
    clearInterval(this.timer);
    this.unsubscribe();
  }

  private report(pools: PoolVitals[]): void {
    const { bus } = this.facts;
    this.newest = this.reporter.report(pools);
    bus.emit('gateway_metrics', this.newest);
    for (const forecast of this.forecasts()) bus.emit('load_forecast', forecast);
  }

  private forecasts(): LoadForecast[] {
    return this.forecaster.forecasts(this.newest?.data.message_rate ?? 0);
  }

  private tell(patterns: readonly UsagePattern[]): void {
    for (const pattern of patterns) this.facts.bus.emit('usage_pattern', pattern);
  }
}
