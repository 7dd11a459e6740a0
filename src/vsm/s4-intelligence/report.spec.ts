import { Tally } from '../../telemetry/counters.js';
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
    const [tally, clock] = [new Tally(), new HandClock()];
    tally.messagesIn.add('websocket', 1_000);
    tally.observeCall('u', 50_000, 'websocket');
    tally.errors.add('unit_timeout', 7);
    const reporter = new Reporter(tally, clock);
    tally.connections.add('websocket', 3);
    tally.connections.add('http_sse', 2);
    tally.messagesIn.add('websocket', 300);
    tally.messagesOut.add('http_sse', 200);
    for (let i = 0; i < 95; i++) tally.observeCall(i % 2 ? 'u' : 'v', 20, 'websocket');
    tally.errors.add('unit_timeout', 2);
    tally.errors.add('circuit_open', 3);
    tally.errors.add('unauthenticated', 500);
    tally.errors.add('rate_limit_exceeded', 500);
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
    const tally = new Tally();
    const reporter = new Reporter(tally, new HandClock());
    tally.messagesIn.add('websocket', 1_000);
    expect(reporter.report([]).data.message_rate).toBe(0);
  });

  it('has the 99th percentile within the width of its bucket', () => {
    const [tally, clock] = [new Tally(), new HandClock()];
    const reporter = new Reporter(tally, clock);
    for (let i = 1; i <= 1_000; i++) tally.observeCall('u', i, 'websocket');
    clock.pass(1_000);
    // Evenly spread, it is exact: 990 of 1,000.
    expect(reporter.report([]).data.latency_p99).toBeCloseTo(990, 6);
    tally.observeCall('u', 3_600_000, 'websocket');
    expect(reporter.report([]).data.latency_p99).toBe(60_000);
    expect(quantileMs(new Float64Array(16), 0.99)).toBe(0);
  });
});
