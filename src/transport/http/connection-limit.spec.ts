import { FakeLevers } from '../../../test/support/fake-levers.js';
import { Tally } from '../../telemetry/counters.js';
import { GatewayError } from '../../kernel/errors.js';
import { Seats } from './connection-limit.js';

describe('Seats', () => {
  const make = (): { seats: Seats; levers: FakeLevers; tally: Tally } => {
    const levers = new FakeLevers();
    const tally = new Tally();
    return { levers, tally, seats: new Seats(levers, tally, () => 0.5) };
  };

  it('are without number where no lever says so', () => {
    const { seats, tally } = make();
    tally.connections.add('websocket', 100_000);
    expect(() => seats.take('websocket')).not.toThrow();
  });

  it('count those who are there and those who are coming, once each', () => {
    const { seats, levers, tally } = make();
    levers.set('connections', 'websocket', 3);
    tally.connections.add('websocket');
    const first = seats.take('websocket');
    const second = seats.take('websocket');
    expect(() => seats.take('websocket')).toThrow(GatewayError);
    seats.take('http_sse');
    tally.connections.add('websocket');
    first();
    first();
    expect(() => seats.take('websocket')).toThrow(
      expect.objectContaining({ code: 'too_many_connections', retryAfter: 3_000 }),
    );
    second();
    seats.take('websocket');
  });

  it('are none where the lever says 0, and end nobody', () => {
    const { seats, levers, tally } = make();
    tally.connections.add('http_sse', 5);
    levers.set('connections', 'http_sse', 0);
    expect(() => seats.take('http_sse')).toThrow(GatewayError);
    expect(tally.connections.get('http_sse')).toBe(5);
    levers.set('connections', 'http_sse', undefined);
    seats.take('http_sse');
  });
});
