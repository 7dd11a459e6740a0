import { CheckedPolicies } from '../../config/policy.js';
import { Pain } from '../../telemetry/signals.js';
import { Mode } from '../../kernel/ports/levers.js';
import { ModeRules } from './mode-rules.js';
import { OpenPains } from './open-pains.js';
import { PressureSignals } from './pressure-signals.js';

const { modes } = new CheckedPolicies().parse({});
const none: PressureSignals = { loopDelay: 0, buffers: 0, pains: [], errorRate: 0, heap: 0.2, freeMemory: 0.5 };

describe('the mode', () => {
  let rules: ModeRules;
  let mode: Mode;
  let now: number;
  beforeEach(() => {
    rules = new ModeRules();
    [mode, now] = ['normal', 0];
  });

  /** Looks twice a second for so long. */
  function live(seconds: number, strain: Partial<PressureSignals>): Mode {
    for (let i = 0; i < seconds * 2; i++) {
      now += 500;
      const due = rules.look(mode, { ...none, ...strain }, modes, now);
      if (due !== mode) rules.begin(now);
      mode = due;
    }
    return mode;
  }

  it.each([{ loopDelay: 300 }, { buffers: 0.85 }, { pains: ['a', 'b'] }, { errorRate: 0.6 }])(
    'degrades when %j lasts, and recovers when it has been over for long enough',
    strain => {
      expect(live(4, strain)).toBe('normal');
      expect(live(0.5, {})).toBe('normal');
      expect(live(4, strain)).toBe('normal');
      expect(live(2, strain)).toBe('degraded');
      expect(live(29, {})).toBe('degraded');
      expect(live(2, {})).toBe('normal');
    },
  );

  it('is not changed by one pain, and a cause ends well below where it began', () => {
    expect(live(20, { pains: ['a'] })).toBe('normal');
    expect(live(6, { loopDelay: 300 })).toBe('degraded');
    expect(live(60, { loopDelay: 220 })).toBe('degraded');
    expect(live(31, { loopDelay: 150 })).toBe('normal');
  });

  it('is lockdown only after a minute of which the end was bad, and goes back step by step', () => {
    expect(live(50, { loopDelay: 2_000 })).toBe('degraded');
    expect(live(20, { loopDelay: 2_000 })).toBe('lockdown');
    expect(live(31, {})).toBe('degraded');
    expect(live(31, {})).toBe('normal');
    expect(live(120, { loopDelay: 400 })).toBe('degraded');
  });
});

describe('open pains', () => {
  const pain = (of: string, severity: Pain['severity'] = 'critical'): Pain =>
    ({ id: `pain ${of}`, severity, of, message: `${of} hurts` }) as Pain;
  const instances = () =>
    ['a/1', 'a/2', 'a/3', 'b/1', 'c/1'].map(instance => ({ unit: instance.split('/')[0]!, instance }));
  let waiting = 0;
  const pools = () => instances().map(({ instance }) => ({ instance, waiting }));
  const shared = (...pains: Pain[]): number => {
    const open = new OpenPains();
    for (const each of pains) open.begin(each);
    return open.shared(instances, pools).length;
  };

  it('are the gateway’s where they are about itself or a transport', () => {
    expect(shared(pain(''), pain('websocket'), pain('ann'), pain('', 'moderate'))).toBe(1);
    expect(shared(pain(''), pain('websocket'))).toBe(2);
  });

  it('of one unit are its own; of most units they are everybody’s', () => {
    expect(shared(pain('a/1'), pain('a/2'), pain('a/3'))).toBe(0);
    expect(shared(pain('a/1'), pain('b/1'))).toBe(0);
    expect(shared(pain('b/1'), pain('c/1'))).toBe(2);
    expect(shared(pain('a/1'), pain('a/2'), pain('c'))).toBe(2);
  });

  it('are the gateway’s where its memory runs out', () => {
    expect(shared({ ...pain('buffers'), source: 'memory' }, { ...pain('heap'), source: 'memory' })).toBe(2);
  });

  it('of pools that are used up count while somebody waits there', () => {
    const usedUp = ['b/1', 'c/1'].map(instance => ({ ...pain(instance), source: 'pool' }));
    expect(shared(...usedUp)).toBe(0);
    waiting = 1;
    expect(shared(...usedUp)).toBe(2);
  });
});
