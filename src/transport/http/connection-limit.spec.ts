import { FakeLevers } from '../../../test/support/fake-levers.js';
import { Counters } from '../../telemetry/counters.js';
import { GatewayError } from '../../kernel/errors.js';
import { ConnectionLimit } from './connection-limit.js';

describe('ConnectionLimit', () => {
  const make = (): { connectionLimit: ConnectionLimit; levers: FakeLevers; counters: Counters } => {
    const levers = new FakeLevers();
    const counters = new Counters();
    return { levers, counters, connectionLimit: new ConnectionLimit(levers, counters, () => 0.5) };
  };

  it('are without number where no lever says so', () => {
    const { connectionLimit, counters } = make();
    counters.connections.add('websocket', 100_000);
    expect(() => connectionLimit.take('websocket')).not.toThrow();
  });

  it('count those who are there and those who are coming, once each', () => {
    const { connectionLimit, levers, counters } = make();
    levers.set('connections', 'websocket', 3);
    counters.connections.add('websocket');
    const first = connectionLimit.take('websocket');
    const second = connectionLimit.take('websocket');
    expect(() => connectionLimit.take('websocket')).toThrow(GatewayError);
    connectionLimit.take('http_sse');
    counters.connections.add('websocket');
    first();
    first();
    expect(() => connectionLimit.take('websocket')).toThrow(
      expect.objectContaining({ code: 'too_many_connections', retryAfter: 3_000 }),
    );
    second();
    connectionLimit.take('websocket');
  });

  it('are none where the lever says 0, and end nobody', () => {
    const { connectionLimit, levers, counters } = make();
    counters.connections.add('http_sse', 5);
    levers.set('connections', 'http_sse', 0);
    expect(() => connectionLimit.take('http_sse')).toThrow(GatewayError);
    expect(counters.connections.get('http_sse')).toBe(5);
    levers.set('connections', 'http_sse', undefined);
    connectionLimit.take('http_sse');
  });
});
