import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../telemetry/event-bus.js';
import { SystemClock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { TransportCircuits } from './transport-circuits.js';

describe('TransportCircuits', () => {
  let circuits: TransportCircuits;
  let changes: string[];

  const make = (threshold: number): TransportCircuits => {
    const bus = new EventBus(new EventEmitter2(), {} as Log);
    changes = [];
    bus.on('transport_circuit_changed', ({ transport, state }) => changes.push(`${transport} ${state}`));
    return new TransportCircuits({ threshold, timeout: 30_000 }, bus, new SystemClock());
  };
  const wait = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const fail = async (...clients: string[]): Promise<void> => {
    for (const client of clients) circuits.failed('websocket', client);
    await wait(0);
  };
  const succeed = async (...clients: string[]): Promise<void> => {
    for (const client of clients) circuits.succeeded('websocket', client);
    await wait(0);
  };
  const open = (): Promise<void> => fail('a', 'b', 'c', 'd', 'e', 'f');

  beforeEach(() => {
    jest.useFakeTimers();
    circuits = make(0.5);
  });
  afterEach(() => jest.useRealTimers());

  it('opens when most clients fail, six at least, and for that transport alone', async () => {
    await fail('a', 'b', 'c', 'd', 'e');
    expect([circuits.state('websocket'), changes]).toEqual(['closed', []]);
    await fail('f');
    expect([circuits.state('websocket'), circuits.state('http_sse')]).toEqual(['open', 'closed']);
    expect(changes).toEqual(['websocket open']);
  });

  it('is closed while no more fail than may', async () => {
    await succeed('a', 'b', 'c', 'd');
    await fail('e', 'f', 'g', 'h');
    expect(circuits.state('websocket')).toBe('closed');
    await fail('i');
    expect(circuits.state('websocket')).toBe('open');
  });

  it.each([0.5, 0.01])('is not opened by one client that flaps, with a threshold of %d', async threshold => {
    circuits = make(threshold);
    await succeed('a', 'b', 'c', 'd', 'e', 'f');
    for (let i = 0; i < 1_000; i++) {
      await succeed('flapping');
      await fail('flapping');
      await wait(i % 100 === 0 ? 29_000 : 50);
    }
    expect([circuits.state('websocket'), changes]).toEqual(['closed', []]);
  });

  it('takes the latest of each client for what it has to say', async () => {
    await succeed('a', 'b', 'c', 'd', 'e', 'f');
    await fail('a', 'b', 'c');
    await succeed('a');
    await fail('d');
    expect(circuits.state('websocket')).toBe('closed');
    await fail('a');
    expect(circuits.state('websocket')).toBe('open');
  });

  it('forgets what was longer ago than its window', async () => {
    await fail('a', 'b', 'c', 'd', 'e');
    await wait(30_000);
    await fail('f');
    expect(circuits.state('websocket')).toBe('closed');
    await fail('a', 'b', 'c', 'd', 'e');
    expect(circuits.state('websocket')).toBe('open');
  });

  it('lets somebody try after its time, and closes when that goes well', async () => {
    await open();
    await wait(29_999);
    await succeed('a');
    expect(circuits.state('websocket')).toBe('open');
    await wait(1);
    expect(circuits.state('websocket')).toBe('half_open');
    await succeed('a');
    expect(circuits.state('websocket')).toBe('closed');
    expect(changes).toEqual(['websocket open', 'websocket half_open', 'websocket closed']);
    await fail('a', 'b', 'c', 'd', 'e');
    expect(circuits.state('websocket')).toBe('closed');
  });

  it('opens again when two clients fail then, but not for one', async () => {
    await open();
    await wait(30_000);
    await fail('a', 'a', 'a');
    expect(circuits.state('websocket')).toBe('half_open');
    await fail('b');
    expect(circuits.state('websocket')).toBe('open');
    await wait(30_000);
    expect(circuits.state('websocket')).toBe('half_open');
  });

  it('is not confused by much at once', async () => {
    await open();
    await wait(30_000);
    await Promise.all([succeed('a', 'b'), fail('c', 'd', 'e')]);
    expect(circuits.state('websocket')).toBe('closed');
  });
});
