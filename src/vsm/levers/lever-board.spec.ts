import { EventEmitter2 } from '@nestjs/event-emitter';
import { HandClock } from '../../../test/support/hand-clock.js';
import { EventBus } from '../../telemetry/event-bus.js';
import { SystemClock } from '../../kernel/clock.js';
import { Log } from '../../kernel/log.js';
import { LeverBoard } from './lever-board.js';

const board = (bus: EventBus, clock = new SystemClock()): LeverBoard => new LeverBoard(bus, clock);

describe('LeverBoard', () => {
  let bus: EventBus;
  let moved: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    bus = new EventBus(new EventEmitter2(), {} as Log);
    moved = [];
    bus.on('lever_moved', ({ lever, target, value }) => moved.push(`${lever} ${target} ${String(value)}`));
  });
  afterEach(() => jest.useRealTimers());

  it('tells all listeners and its writer, whatever one of them throws, also when levers expire', () => {
    const levers = board(bus);
    const faults: unknown[] = [];
    bus.on('internal_fault', ({ where, err }) => faults.push(where, err));
    const defect = new Error('a defect');
    let told = 0;
    levers.onChange(() => {
      throw defect;
    });
    levers.onChange(() => told++);
    levers.set('s3', 'drained', 'u/1', true, 'slow', 1_000);
    expect(levers.now.drained.has('u/1')).toBe(true);
    expect(told).toBe(1);
    jest.advanceTimersByTime(1_000);
    expect(levers.now.drained.has('u/1')).toBe(false);
    expect(told).toBe(2);
    expect(moved).toEqual(['drained u/1 true', 'drained u/1 null']);
    expect(faults).toEqual(['levers', defect, 'levers', defect]);
    for (let i = 0; i < 100; i++) levers.set('s3', 'drained', 'u/1', true, 'slow');
    expect(faults.length).toBeLessThan(20);
  });

  it.each([NaN, Infinity, -1])('refuses %d as a figure', figure => {
    const levers = board(bus);
    levers.set('s3', 'concurrency', 'u', 4, 'a test');
    expect(() => levers.set('s3', 'concurrency', 'u', figure, 'a defect')).toThrow(/no value/);
    expect(() => levers.set('s3', 'concurrency', 'u', 8, 'a defect', NaN)).toThrow(/no time/);
    expect(levers.now.concurrency.get('u')).toBe(4);
    expect(moved).toEqual(['concurrency u 4']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('costs as much to set among thousands as the copy of one map', () => {
    const many = board(bus, new HandClock());
    for (let i = 0; i < 5_000; i++) many.set('s5', 'held', String(i), true, 'a test', 60_000 + i);
    const settings = jest.spyOn(many, 'settings');
    many.set('s5', 'held', 'one more', true, 'a test', 90_000);
    expect(settings).not.toHaveBeenCalled();
    many.close();
  });
});
