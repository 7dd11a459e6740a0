import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { LocalSwitchPermit } from '../../resilience/local-switch-permit.js';
import { HeldClock } from '../../../test/support/held-clock.js';
import { silentLog } from '../../../test/support/silent-log.js';
import { SwitchWindow } from './switch-window.js';

describe('SwitchWindow', () => {
  const clock = new HeldClock();
  let bus: EventBus;
  let switches: SwitchWindow;
  let asked: number[];
  let decisions: EventMap['decision'][];

  beforeEach(() => {
    clock.ms = 0;
    bus = new EventBus(new EventEmitter2(), silentLog);
    asked = [];
    decisions = [];
    bus.on('check_oscillation', ({ waitMs }) => asked.push(waitMs));
    bus.on('decision', decision => decisions.push(decision));
    const settings = { window: 60_000, max: 3 };
    switches = new SwitchWindow(new LocalSwitchPermit(settings, clock), settings, bus, clock);
    switches.start();
  });

  const ask = (client = 'a'): number => switches.ask(client, 'websocket', 'http_sse');
  const policy = (constraints: Record<string, unknown>): void =>
    bus.emit('policy_update', { scope: 'gateway', version: 1, constraints, why: 'a test' });

  it('refuses the fourth switch in a minute, with the time until it may', () => {
    for (let i = 0; i < 3; i++) {
      expect(ask()).toBe(0);
      clock.ms += 1_000;
    }
    expect(ask()).toBe(57_000);
    expect(asked).toEqual([0, 0, 0, 57_000]);
    expect(decisions).toHaveLength(1);
    expect(decisions[0]).toMatchObject({
      by: 's2',
      action: 'refuse switch',
      target: 'a',
      details: { wait_ms: 57_000 },
    });
  });

  it('tells each refusal as a fact, and as a decision once for each client and window', () => {
    for (const client of ['a', 'b']) for (let i = 0; i < 100; i++) ask(client);
    expect(asked).toHaveLength(200);
    expect(decisions.map(({ target }) => target)).toEqual(['a', 'b']);
    clock.ms += 60_000;
    for (let i = 0; i < 4; i++) ask('a');
    expect(decisions.map(({ target }) => target)).toEqual(['a', 'b', 'a']);
  });

  it('goes by the policy, within bounds, and by its settings where the policy says nothing', () => {
    policy({ switch_max: 1, switch_window: 10_000 });
    expect([ask(), ask()]).toEqual([0, 10_000]);
    policy({ switch_max: 5 });
    expect([ask(), ask(), ask(), ask()]).toEqual([0, 0, 0, 0]);
    expect(ask()).toBe(60_000);
    policy({ switch_max: 0, switch_window: 1 });
    expect(switches.settings).toEqual({ max: 1, window: 1_000 });
    policy({ switch_max: 1e9, switch_window: Infinity });
    expect(switches.settings).toEqual({ max: 60, window: 3_600_000 });
    policy({ switch_max: 'many', switch_window: NaN });
    expect(switches.settings).toEqual({ max: 3, window: 60_000 });
  });

  it('says what it changed once', () => {
    for (let i = 0; i < 3; i++) policy({ switch_max: 2 });
    expect(decisions.map(({ action }) => action)).toEqual(['adjust switching']);
  });
});
