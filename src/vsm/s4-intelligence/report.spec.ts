import { Counters } from '../../telemetry/counters.js';
import { PoolVitals } from '../../kernel/ports/vitals.js';
import { HandClock } from '../../../test/support/hand-clock.js';
import { quantileMs } from './latency.js';
import { NO_CHECKOUTS } from '../../../test/support/regulated.js';
import { Reporter } from './report.js';

const pool = (inUse: number, limit: number): PoolVitals => ({
  unit: 'u',
  instance: `u/${limit}`,
  inUse,
  parked: 0,
  leases: inUse,
  waiting: 0,
  size: limit,
  overflow: 0,
  limit,
  ...NO_CHECKOUTS,
});

describe('the report', () => {
  it('is about the time since the one before', () => {
    const [counters, clock] = [new Counters(), new HandClock()];
    counters.messagesIn.add('websocket', 1_000);
    counters.observeCall('u', 50_000, 'websocket');
    counters.errors.add('unit_timeout', 7);
    const reporter = new Reporter(counters, clock);
    counters.connections.add('websocket', 3);
    counters.connections.add('http_sse', 2);
    counters.messagesIn.add('websocket', 300);
    counters.messagesOut.add('http_sse', 200);
    for (let i = 0; i < 95; i++) counters.observeCall(i % 2 ? 'u' : 'v', 20, 'websocket');
    counters.errors.add('unit_timeout', 2);
    counters.errors.add('circuit_open', 3);
    counters.errors.add('unauthenticated', 500);
    counters.errors.add('rate_limit_exceeded', 500);
    clock.pass(10_000);
    const report = reporter.report([pool(1, 10), pool(3, 4), pool(0, 0)]);
    expect(report).toEqual({
      metric_type: 'gateway_performance',
      timestamp: new Date(clock.now()).toISOString(),
      data: {
        active_connections: 5,
        message_rate: 50,
        latency_p99: expect.closeTo(24.85, 6),
        transport_distribution: { websocket: 3, http_sse: 2 },
        error_rate: 0.05,
        pool_utilization: 0.75,
      },
    });
    clock.pass(10_000);
    expect(reporter.report([]).data).toMatchObject({
      message_rate: 0,
      latency_p99: 0,
      error_rate: 0,
      pool_utilization: 0,
      active_connections: 5,
    });
  });

  it('counts the messages of no time as none', () => {
    const counters = new Counters();
    const reporter = new Reporter(counters, new HandClock());
    counters.messagesIn.add('websocket', 1_000);
    expect(reporter.report([]).data.message_rate).toBe(0);
  });

  it('has the 99th percentile within the width of its bucket', () => {
    const [counters, clock] = [new Counters(), new HandClock()];
    const reporter = new Reporter(counters, clock);
    for (let i = 1; i <= 1_000; i++) counters.observeCall('u', i, 'websocket');
    clock.pass(1_000);
    // Evenly spread, it is exact: 990 of 1,000.
    expect(reporter.report([]).data.latency_p99).toBeCloseTo(990, 6);
    counters.observeCall('u', 3_600_000, 'websocket');
    expect(reporter.report([]).data.latency_p99).toBe(60_000);
    expect(quantileMs(new Float64Array(16), 0.99)).toBe(0);
  });
});
