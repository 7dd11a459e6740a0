import { Regulated } from '../../../test/support/regulated.js';
import { Rates } from './rates.js';
import { LeverRequests } from './lever-requests.js';

describe('Rates', () => {
  let world: Regulated;
  let rates: Rates;

  beforeEach(() => {
    jest.useFakeTimers();
    world = new Regulated();
    rates = new Rates(
      world.bus,
      world.leverWriter,
      world.clock,
      new LeverRequests(world.bus, world.clock),
      world.activity,
      100,
    );
    rates.listen();
  });
  afterEach(() => jest.useRealTimers());

  const pattern = (name: any, present = true, client = 'c'): void =>
    world.bus.emit('usage_pattern', { client, pattern: name, evidence: { messages_per_second: 9_000 }, present });
  const adjust = (limit: any, more: object = {}): void =>
    world.bus.emit('adjust_rate_limit', { client: 'c', limit, why: 'an operator says so', ...more });
  const rate = (client = 'c') => world.value('rate_limit', client);
  function pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 500) {
      jest.advanceTimersByTime(500);
      rates.tick();
    }
  }

  it('holds who floods, and gives its rate back in steps', () => {
    pattern('message_flood');
    expect([rate(), world.value('held', 'c')]).toEqual([25, true]);
    expect(world.leverWriter.setting('s3', 'rate_limit', 'c')!.why).toContain('messages_per_second 9000');
    pass(60_000);
    expect(rate()).toBe(25);
    pattern('message_flood', false);
    pass(5_000);
    expect([rate(), world.value('held', 'c')]).toEqual([50, true]);
    pass(5_000);
    expect([rate(), world.value('held', 'c')]).toEqual([100, true]);
    pass(5_000);
    expect([rate(), world.value('held', 'c')]).toEqual([undefined, undefined]);
  });

  it('goes on holding who has its rate again and sends all it may, until it sends less', () => {
    const send = (perSecond: number): void => void (world.activity.of('c').messages += 5 * perSecond);
    pattern('message_flood');
    pattern('message_flood', false);
    pass(10_000);
    for (let i = 0; i < 20; i++) {
      send(100);
      pass(5_000);
      expect([rate(), world.value('held', 'c')]).toEqual([100, true]);
    }
    send(70);
    pass(5_000);
    expect([rate(), world.value('held', 'c')]).toEqual([undefined, undefined]);
  });

  it('gives back more slowly each time', () => {
    for (const steps of [5_000, 10_000, 20_000]) {
      pattern('message_flood');
      pattern('message_flood', false);
      pass(steps - 500);
      expect(rate()).toBe(25);
      pass(500);
      expect(rate()).toBe(50);
    }
  });

  it('believes no pattern for ever', () => {
    pattern('message_flood');
    pass(60_000);
    expect(rate()).toBe(25);
    pass(600_000);
    expect(rate()).toBeUndefined();
  });

  it.each(['connection_hoarding', 'tool_hammering', 'rapid_reconnect'])('moves no lever for %s, and says so', name => {
    const decisions = world.heard('decision');
    pattern(name);
    expect(rate()).toBeUndefined();
    expect(decisions).toMatchObject([{ by: 's3', action: `note ${name}`, target: 'c' }]);
  });

  it('does as it is asked, for as long, within what policy allows', () => {
    world.leverWriter.bound('rate_limit', { min: 10, max: 500 });
    adjust(1);
    expect(rate()).toBe(10);
    adjust(300, { forMs: 10_000 });
    expect(rate()).toBe(300);
    pass(10_000);
    expect(rate()).toBeUndefined();
    adjust(50);
    adjust(null);
    expect(rate()).toBeUndefined();
  });

  it('takes the lower rate of two, and a release for both', () => {
    adjust(50);
    pattern('message_flood');
    expect(rate()).toBe(25);
    pattern('message_flood', false);
    pass(20_000);
    expect(rate()).toBe(50);
    pattern('message_flood');
    adjust(null);
    expect([rate(), world.value('held', 'c')]).toEqual([undefined, undefined]);
  });

  it.each([[-1], [NaN], [Infinity], ['many'], [undefined]])('ignores a rate of %s', limit => {
    const decisions = world.heard('decision');
    adjust(limit);
    expect(rate()).toBeUndefined();
    expect(decisions).toMatchObject([{ action: 'ignore adjust_rate_limit' }]);
  });

  it('forgets clients, and restrains no more than it can remember', () => {
    for (let i = 0; i < 300; i++) pattern('message_flood', true, `c${i}`);
    expect(world.levers.now.rate_limit.size).toBe(256);
    for (let i = 0; i < 300; i++) pattern('message_flood', false, `c${i}`);
    pass(20_000);
    expect(world.levers.now.rate_limit.size).toBe(0);
    pattern('message_flood', true, 'c299');
    expect(rate('c299')).toBe(25);
  });
});
