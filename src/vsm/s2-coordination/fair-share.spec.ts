import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../telemetry/event-bus.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { LeverBoard } from '../levers/lever-board.js';
import { HeldClock } from '../../../test/support/held-clock.js';
import { silentLog } from '../../../test/support/silent-log.js';
import { FairShare } from './fair-share.js';

describe('FairShare', () => {
  const clock = new HeldClock();
  let board: LeverBoard;
  let shares: FairShare;
  let unit: { unit: string; waiting: number; oldestWaitMs: number };

  beforeEach(() => {
    clock.ms = 0;
    const bus = new EventBus(new EventEmitter2(), silentLog);
    board = new LeverBoard(bus, clock);
    unit = { unit: 'u', waiting: 0, oldestWaitMs: 0 };
    shares = new FairShare({ leverWriter: board, bus, clock });
    shares.start({ units: () => [unit] } as unknown as Vitals);
  });
  afterEach(() => board.close());

  const pass = (ms: number): void => {
    for (const end = clock.ms + ms; clock.ms < end; clock.ms += 500) shares.tick();
  };
  const share = (): number | undefined => board.now.fair_share.get('u');

  it('leaves a unit alone where nobody waits', () => {
    pass(60_000);
    expect(share()).toBeUndefined();
  });

  it('gives nobody more than half while others wait, until nobody has for ten seconds', () => {
    Object.assign(unit, { waiting: 1 });
    pass(500);
    expect(share()).toBe(0.5);
    unit.waiting = 0;
    pass(9_000);
    expect(share()).toBe(0.5);
    pass(2_000);
    expect(share()).toBeUndefined();
  });

  it('takes smaller shares where calls wait for long all the same, and no smaller one than a tenth', () => {
    Object.assign(unit, { waiting: 9, oldestWaitMs: 1_500 });
    pass(2_000);
    expect(share()).toBe(0.5);
    pass(2_000);
    expect(share()).toBe(0.25);
    pass(10_000);
    expect(share()).toBe(0.1);
  });

  it('holds for as long as the unit is contended', () => {
    Object.assign(unit, { waiting: 1 });
    pass(300_000);
    expect(share()).toBe(0.5);
    expect(board.setting('s2', 'fair_share', 'u')!.until! - clock.ms).toBeGreaterThan(20_000);
    shares.stop();
    expect(share()).toBeUndefined();
  });
});
