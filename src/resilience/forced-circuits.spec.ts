import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../telemetry/event-bus.js';
import { SystemClock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { Log } from '../kernel/log.js';
import { Instance } from '../kernel/ports/unit.js';
import { BoardLevers, LeverBoard } from '../vsm/levers/lever-board.js';
import { Circuits } from './circuits.js';
import { ForcedCircuits } from './forced-circuits.js';
import { TransportCircuits } from './transport-circuits.js';

const one = { id: 'u/1', unit: 'u' } as Instance;
const two = { id: 'u/2', unit: 'u' } as Instance;
const SETTINGS = { threshold: 0.5, timeout: 30_000 };

describe('forced circuits', () => {
  let board: LeverBoard;
  let circuits: Circuits;
  let transports: TransportCircuits;
  let told: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    const bus = new EventBus(new EventEmitter2(), {} as Log);
    const clock = new SystemClock();
    told = [];
    bus.on('circuit_changed', ({ unit, instance, state }) => told.push(`${unit} ${instance} ${state}`));
    bus.on('transport_circuit_changed', ({ transport, state }) => told.push(`${transport} ${state}`));
    board = new LeverBoard(bus, clock);
    const forced = new ForcedCircuits(new BoardLevers(board), clock);
    circuits = new Circuits(SETTINGS, bus, forced);
    circuits.watch(() => [one, two]);
    transports = new TransportCircuits(SETTINGS, bus, clock, forced);
  });
  afterEach(() => {
    board.close();
    jest.useRealTimers();
  });

  const run = (instance: Instance): Promise<unknown> =>
    circuits.run(instance, () => Promise.resolve('ok')).catch((error: GatewayError) => error.body);
  const fail = (): Promise<unknown> =>
    circuits.run(one, () => Promise.reject(new GatewayError('unit_unavailable'))).catch(error => error.code);

  async function trip(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      await fail();
      jest.advanceTimersByTime(100);
    }
  }

  it('open: refuse until the lever expires, and say how long that is', async () => {
    board.set('s3', 'circuit', one.id, 'open', 'a test', 5_000);
    jest.advanceTimersByTime(2_000);
    expect(await run(one)).toMatchObject({ error: 'circuit_open', retry_after: 3_000 });
    expect([circuits.state(one), circuits.forced(one), circuits.state(two)]).toEqual(['open', 'open', 'closed']);
    expect(await run(two)).toBe('ok');
    jest.advanceTimersByTime(3_000);
    expect([await run(one), circuits.state(one), circuits.forced(one)]).toEqual(['ok', 'closed', undefined]);
    expect(told).toEqual(['u u/1 open', 'u u/1 closed']);
  });

  it('open without an end: say when a circuit of its own would be tried again', async () => {
    board.set('s3', 'circuit', one.id, 'open', 'a test');
    expect(await run(one)).toMatchObject({ retry_after: SETTINGS.timeout });
  });

  it('closed: refuse nothing, and go by what they have seen when they are released', async () => {
    board.set('s3', 'circuit', one.id, 'closed', 'a test');
    await trip();
    expect(await run(one)).toBe('ok');
    expect([circuits.state(one), told]).toEqual(['closed', []]);
    board.release('s3', 'circuit', one.id, 'enough');
    expect([circuits.state(one), told]).toEqual(['open', ['u u/1 open']]);
    expect(await run(one)).toMatchObject({ error: 'circuit_open' });
  });

  it('closed: go on where they were open', async () => {
    await trip();
    expect(told).toEqual(['u u/1 open']);
    board.set('s5', 'circuit', one.id, 'closed', 'an operator knows better', 1_000);
    expect(await run(one)).toBe('ok');
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual(['u u/1 open', 'u u/1 closed', 'u u/1 open']);
  });

  it('of transports: are what they are forced to be', async () => {
    board.set('s3', 'circuit', 'websocket', 'open', 'a test', 1_000);
    expect([transports.state('websocket'), transports.state('http_sse')]).toEqual(['open', 'closed']);
    jest.advanceTimersByTime(1_000);
    expect([transports.state('websocket'), told]).toEqual(['closed', ['websocket open', 'websocket closed']]);
    board.set('s3', 'circuit', 'websocket', 'closed', 'a test');
    for (const client of ['a', 'b', 'c', 'd', 'e', 'f']) transports.failed('websocket', client);
    await jest.advanceTimersByTimeAsync(0);
    expect([transports.state('websocket'), told.length]).toEqual(['closed', 2]);
    board.release('s3', 'circuit', 'websocket', 'enough');
    expect([transports.state('websocket'), told[2]]).toEqual(['open', 'websocket open']);
  });
});
