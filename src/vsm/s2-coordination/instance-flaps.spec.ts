import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../telemetry/event-bus.js';
import { instanceOf } from '../../../test/support/regulated.js';
import { CircuitVitals, InstanceVitals, Vitals } from '../../kernel/ports/vitals.js';
import { BoardLevers, LeverBoard } from '../levers/lever-board.js';
import { HeldClock } from '../../../test/support/held-clock.js';
import { silentLog } from '../../../test/support/silent-log.js';
import { InstanceFlaps } from './instance-flaps.js';

const circuit = (instance: string): CircuitVitals => ({
  ...{ unit: 'u', instance, state: 'closed', out: false, isolated: false },
});

describe('InstanceFlaps', () => {
  const clock = new HeldClock();
  let bus: EventBus;
  let board: LeverBoard;
  let flaps: InstanceFlaps;
  let circuits: CircuitVitals[];
  let answered: Record<string, number>;
  let decisions: string[];

  beforeEach(() => {
    clock.ms = 0;
    bus = new EventBus(new EventEmitter2(), silentLog);
    board = new LeverBoard(bus, clock);
    circuits = ['u1', 'u2', 'u3'].map(circuit);
    answered = {};
    decisions = [];
    bus.on('decision', ({ action, target }) => decisions.push(`${action} ${target}`));
    flaps = new InstanceFlaps({ leverWriter: board, bus, clock }, new BoardLevers(board));
    const instances = (): InstanceVitals[] =>
      circuits.map(({ unit, instance }) => ({ ...instanceOf(instance), unit, answered: answered[instance] ?? 0 }));
    flaps.start({ circuits: () => circuits, instances } as unknown as Vitals);
  });
  afterEach(() => board.close());

  const lose = (instance = 'u1', error: 'unit_unavailable' | 'session_expired' = 'unit_unavailable'): void =>
    bus.emit('link_lost', { unit: 'u', instance, session: 's', error, message: '', callsLost: 0 });
  const open = (instance = 'u1'): void => bus.emit('link_opened', { unit: 'u', instance, session: 's', tookMs: 1 });
  const pass = (ms: number): void => {
    for (const end = clock.ms + ms; clock.ms < end; clock.ms += 500) flaps.tick();
  };
  const flap = (instance: string, seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      lose(instance);
      pass(500);
      open(instance);
      pass(500);
    }
  };
  const suppressed = (): string[] => [...board.now.suppressed.keys()];

  it('suppresses one that fails and comes back each second with its third fall, and says why', () => {
    flap('u1', 2);
    expect(suppressed()).toEqual([]);
    lose('u1');
    expect(suppressed()).toEqual(['u1']);
    expect(board.setting('s2', 'suppressed', 'u1')!.why).toMatch(/3 times: penalty 293\d, .*half-life 30 s/);
    expect(decisions).toEqual(['suppress suppressed u1']);
  });

  it('uses it again after a minute of peace, and at once no more if it goes on', () => {
    flap('u1', 3);
    pass(56_000);
    expect(suppressed()).toEqual(['u1']);
    pass(5_000);
    expect(suppressed()).toEqual([]);
    expect(decisions).toEqual(['suppress suppressed u1', 'reuse suppressed u1']);
    lose('u1');
    expect(suppressed()).toEqual(['u1']);
    pass(58_000);
    expect(suppressed()).toEqual(['u1']);
  });

  it('takes answers for a sign of life too', () => {
    for (let i = 0; i < 3; i++) {
      lose();
      pass(500);
      answered['u1'] = (answered['u1'] ?? 0) + 1;
      pass(500);
    }
    expect(suppressed()).toEqual(['u1']);
  });

  it('counts one that is gone once, however many notice and however long it lasts', () => {
    for (let i = 0; i < 100; i++) {
      lose();
      bus.emit('link_failed', { unit: 'u', instance: 'u1', session: 's', error: 'unit_unavailable', message: '' });
      pass(500);
    }
    expect(suppressed()).toEqual([]);
  });

  it('takes forgotten sessions, refusals of the gateway and answers with errors for no flip', () => {
    for (let i = 0; i < 20; i++) {
      lose('u1', 'session_expired');
      bus.emit('link_failed', { unit: 'u', instance: 'u1', session: 's', error: 'circuit_open', message: '' });
      bus.emit('call_failed', {
        unit: 'u',
        instance: 'u1',
        session: 's',
        call: '1',
        error: 'outcome_unknown',
        message: '',
      });
      open();
      pass(1_000);
    }
    expect(suppressed()).toEqual([]);
  });

  it('learns nothing of an instance from the end of one process among many', () => {
    circuits = circuits.map(one => ({ ...one, isolated: true }));
    flap('u1', 20);
    expect(suppressed()).toEqual([]);
    for (let i = 0; i < 3; i++) {
      bus.emit('instance_out', { unit: 'u', instance: 'u1', failures: 3 });
      pass(500);
      bus.emit('instance_back', { unit: 'u', instance: 'u1', outMs: 500 });
      pass(500);
    }
    expect(suppressed()).toEqual(['u1']);
  });

  it('never suppresses the last one that can be used, of all that flap the least bad one', () => {
    flap('u1', 3);
    flap('u2', 4);
    flap('u3', 5);
    expect(suppressed().sort()).toEqual(['u2', 'u3']);
    circuits = [circuit('u1')];
    pass(1_000);
    expect(suppressed()).toEqual([]);
  });

  it('uses a suppressed one in spite of all when the others are gone', () => {
    flap('u1', 3);
    circuits = [circuit('u1'), { ...circuit('u2'), out: true }, { ...circuit('u3'), state: 'open' }];
    pass(500);
    expect(suppressed()).toEqual([]);
    expect(decisions.at(-1)).toBe('reuse suppressed u1');
    circuits = ['u1', 'u2', 'u3'].map(circuit);
    pass(500);
    expect(suppressed()).toEqual(['u1']);
  });

  it('takes those that S3 has drained for none that can be used', () => {
    board.set('s3', 'drained', 'u2', true, 'slow');
    board.set('s3', 'circuit', 'u3', 'open', 'by hand');
    flap('u1', 5);
    expect(suppressed()).toEqual([]);
  });

  it('lets go of everything when it stops, and listens no more', () => {
    flap('u1', 3);
    flaps.stop();
    expect(suppressed()).toEqual([]);
    lose();
    expect(suppressed()).toEqual([]);
  });
});
