import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../telemetry/event-bus.js';
import { Counters } from '../../telemetry/counters.js';
import { SystemClock } from '../../kernel/clock.js';
import { Decision } from '../../kernel/ports/audit-log.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { LeverBoard } from '../levers/lever-board.js';
import { Arbiter } from './arbiter.js';
import { S4View } from './s4-view.js';

describe('the arbiter on the bus', () => {
  const clock = new SystemClock();
  let bus: EventBus;
  let board: LeverBoard;
  let arbiter: Arbiter;
  let decisions: Decision[];
  beforeEach(() => {
    bus = new EventBus(new EventEmitter2(), { error: () => undefined } as never);
    board = new LeverBoard(bus, clock);
    arbiter = new Arbiter(new S4View(new Counters(), clock), board, bus, clock, () => false);
    arbiter.start({ pools: () => [{ instance: 'u/1', size: 10 }] } as unknown as Vitals);
    decisions = [];
    bus.on('decision', decision => decisions.push(decision));
  });
  afterEach(() => {
    arbiter.stop();
    board.close();
  });

  const pattern = (present: boolean): void =>
    bus.emit('usage_pattern', { client: 'ann', pattern: 'message_flood', evidence: {}, present });

  it("holds a client's limit while there is a pattern, and lets go when it is over", () => {
    board.set('s3', 'rate_limit', 'ann', 5, 'too loud');
    pattern(true);
    board.release('s3', 'rate_limit', 'ann', 'its time is over');
    expect(board.now.rate_limit.get('ann')).toBe(5);
    expect(decisions).toMatchObject([{ by: 's5', action: 'hold rate_limit', target: 'ann', details: { before: 5 } }]);
    pattern(false);
    expect(board.now.rate_limit.has('ann')).toBe(false);
  });

  it('holds nothing beyond what the policy allows', () => {
    board.bound('rate_limit', { max: 3 });
    board.set('s3', 'rate_limit', 'ann', 5, 'too loud');
    pattern(true);
    board.set('s3', 'rate_limit', 'ann', 20, 'quieter');
    expect(board.now.rate_limit.get('ann')).toBe(3);
  });

  it('lets go when S3 comes to what is held', () => {
    board.set('s3', 'rate_limit', 'ann', 5, 'too loud');
    pattern(true);
    board.set('s3', 'rate_limit', 'ann', 20, 'quieter');
    expect(board.now.rate_limit.get('ann')).toBe(5);
    board.set('s3', 'rate_limit', 'ann', 2, 'louder');
    expect(board.now.rate_limit.get('ann')).toBe(2);
  });

  it('keeps a pool while more is expected, and leaves what an operator has set', () => {
    bus.emit('load_forecast', { metric: 'messages', now: 100, expected: 150, horizonMs: 60_000 });
    board.set('s3', 'pool_size', 'u/1', 4, 'little to do');
    expect(board.setting('s5', 'pool_size', 'u/1')).toMatchObject({ value: 10, until: expect.any(Number) });
    board.set('s5', 'pool_size', 'u/1', 7, 'operator: enough');
    board.set('s3', 'pool_size', 'u/1', 3, 'little to do');
    expect(board.now.pool_size.get('u/1')).toBe(7);
  });

  it('warns of a circuit that is held closed, and does not touch it', () => {
    board.set('s3', 'circuit', 'u/1', 'closed', 'operator: it is fine');
    bus.emit('anomaly_detected', { metric: 'error_rate', of: 'u', value: 1, expected: 0, score: 9 });
    expect(decisions).toMatchObject([{ action: 'warn circuit', target: 'u/1' }]);
    expect(board.now.circuit.get('u/1')).toBe('closed');
  });
});
