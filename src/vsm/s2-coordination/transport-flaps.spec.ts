import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../telemetry/event-bus.js';
import { Counters } from '../../telemetry/counters.js';
import { PushTransport } from '../../kernel/ports/connection.js';
import { LeverBoard } from '../levers/lever-board.js';
import { HeldClock } from '../../../test/support/held-clock.js';
import { silentLog } from '../../../test/support/silent-log.js';
import { TransportFlaps } from './transport-flaps.js';

describe('TransportFlaps', () => {
  const clock = new HeldClock();
  let bus: EventBus;
  let board: LeverBoard;
  let counters: Counters;
  let flaps: TransportFlaps;

  beforeEach(() => {
    clock.ms = 0;
    bus = new EventBus(new EventEmitter2(), silentLog);
    board = new LeverBoard(bus, clock);
    counters = new Counters();
    flaps = new TransportFlaps({ leverWriter: board, bus, clock }, counters);
    flaps.start();
  });
  afterEach(() => board.close());

  const cut = (transport: PushTransport, clients: number, first = 0): void => {
    for (let i = first; i < first + clients; i++)
      bus.emit('connection_broken', { transport, client: `c${i}`, session: 's' });
  };
  const pass = (ms: number): void => {
    for (const end = clock.ms + ms; clock.ms < end; clock.ms += 500) flaps.tick();
  };
  const unsteady = (): string[] => [...board.now.unsteady.keys()];

  it('finds a transport unsteady that is cut for many, the second time', () => {
    cut('websocket', 10);
    pass(10_000);
    expect(unsteady()).toEqual([]);
    cut('websocket', 10);
    expect(unsteady()).toEqual(['websocket']);
    pass(60_000);
    expect(unsteady()).toEqual(['websocket']);
    pass(30_000);
    expect(unsteady()).toEqual([]);
  });

  it('counts an opened circuit', () => {
    for (let i = 0; i < 3; i++) {
      bus.emit('transport_circuit_changed', { transport: 'http_sse', state: 'open' });
      pass(2_000);
      bus.emit('transport_circuit_changed', { transport: 'http_sse', state: 'closed' });
    }
    expect(unsteady()).toEqual(['http_sse']);
  });

  it('is not impressed by one client, nor by five', () => {
    for (let i = 0; i < 1_000; i++) {
      cut('websocket', 5);
      pass(500);
    }
    expect(unsteady()).toEqual([]);
  });

  it('is not impressed by a few of many, spread over time or not', () => {
    counters.connections.add('websocket', 1_000);
    for (let i = 0; i < 20; i++) {
      cut('websocket', 100, i * 100);
      pass(5_000);
    }
    expect(unsteady()).toEqual([]);
    counters.connections.add('websocket', -1_000);
    for (let i = 0; i < 100; i++) {
      cut('websocket', 1, i);
      pass(1_000);
    }
    expect(unsteady()).toEqual([]);
  });

  it('never finds both unsteady: of two the one that flaps less is the better way', () => {
    for (let i = 0; i < 4; i++) {
      cut('http_sse', 10);
      pass(1_000);
    }
    expect(unsteady()).toEqual(['http_sse']);
    for (let i = 0; i < 10; i++) {
      cut('websocket', 10);
      pass(1_000);
      expect(unsteady()).toHaveLength(1);
    }
    expect(unsteady()).toEqual(['websocket']);
  });

  it('leads nobody to one whose circuit is open', () => {
    bus.emit('transport_circuit_changed', { transport: 'http_sse', state: 'open' });
    for (let i = 0; i < 4; i++) {
      cut('websocket', 10);
      pass(1_000);
    }
    expect(unsteady()).toEqual([]);
    bus.emit('transport_circuit_changed', { transport: 'http_sse', state: 'half_open' });
    pass(500);
    expect(unsteady()).toEqual(['websocket']);
  });
});
