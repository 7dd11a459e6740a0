import { HandClock } from '../../../test/support/hand-clock.js';
import { ClientActivities, ClientActivity } from '../../telemetry/client-activity.js';
import { UsagePattern } from '../../telemetry/intelligence.js';
import { DeliveryVitals } from '../../kernel/ports/vitals.js';
import { Patterns } from './patterns.js';
import { thresholdsUnder } from './thresholds.js';

const LOOK = 500;

describe('patterns', () => {
  let activity: ClientActivities;
  let patterns: Patterns;
  let now: number;
  let told: UsagePattern[];

  beforeEach(() => {
    activity = new ClientActivities(new HandClock());
    patterns = new Patterns({ connections: 5, messagesPerSecond: 100 });
    [now, told] = [1_000, []];
    told.push(...patterns.look(activity, now));
  });

  /** So many looks, half a second apart, each after `doing`. */
  function look(times = 1, doing: (look: number) => void = () => undefined): void {
    for (let i = 0; i < times; i++) {
      doing(i);
      told.push(...patterns.look(activity, (now += LOOK)));
    }
  }

  function says(client: ClientActivity, messages: number, refused = 0): void {
    client.messages += messages;
    client.refused += refused;
  }

  function comes(client: ClientActivity): void {
    client.connects++;
    client.connections++;
  }

  const names = (): string[] =>
    told.map(({ client, pattern, present }) => `${present ? '+' : '-'}${pattern} ${client}`);
  const at = (client: string): ClientActivity => activity.of(client);
  const waiting = (...slowest: DeliveryVitals['slowest'][number][]): DeliveryVitals => ({
    sessions: 1,
    queued: 0,
    inWindow: 0,
    bytes: 0,
    slowest,
  });

  describe('message_flood', () => {
    it('is found by the first look, told once, and over five seconds after it has ended', () => {
      look(4, () => says(at('a'), 5_000, 4_950));
      expect(told).toEqual([
        {
          client: 'a',
          pattern: 'message_flood',
          present: true,
          evidence: { messages_per_second: 10_000, refused_per_second: 9_900, allowed: 100 },
        },
      ]);
      look(9, () => says(at('a'), 50));
      expect(patterns.present()).toHaveLength(1);
      look(1);
      expect(names()).toEqual(['+message_flood a', '-message_flood a']);
      look(100);
      expect(told).toHaveLength(2);
      expect(patterns.present()).toEqual([]);
    });

    it('is also much that is refused for two looks, and goes on until it is calm', () => {
      look(1, () => says(at('a'), 100, 60));
      expect(told).toEqual([]);
      look(1, () => says(at('a'), 100, 60));
      expect(names()).toEqual(['+message_flood a']);
      look(20, () => says(at('a'), 70, 20));
      expect(told).toHaveLength(1);
      // A pause that is too short is none.
      look(9);
      look(1, () => says(at('a'), 100, 60));
      look(9);
      expect(told).toHaveLength(1);
      look(1);
      expect(names()).toEqual(['+message_flood a', '-message_flood a']);
    });

    it('is neither what a client may send at once, nor what nobody limits, nor a few refusals', () => {
      look(1, () => says(at('burst'), 2_000));
      look(10, () => says(at('unlimited'), 10_000));
      look(20, () => says(at('full'), 60, 10));
      look(20, i => says(at('now and then'), 10, i % 2 ? 9 : 0));
      look(20, () => says(at('slow'), 1, 1));
      expect(told).toEqual([]);
    });

    it('has a threshold that a policy can move', () => {
      patterns.thresholds = thresholdsUnder({ pattern_message_flood: 20, pattern_tool_hammering: 'x' });
      look(1, () => says(at('a'), 900, 10));
      expect(told).toEqual([]);
      patterns.thresholds = thresholdsUnder({});
      look(1, () => says(at('a'), 900, 10));
      expect(names()).toEqual(['+message_flood a']);
    });
  });

  describe('rapid_reconnect', () => {
    const reconnect = (client: ClientActivity): void => {
      client.connects++;
    };

    it('is more than ten connects in a minute that replace another', () => {
      comes(at('a'));
      look(10, () => reconnect(at('a')));
      expect(told).toEqual([]);
      look(1, () => reconnect(at('a')));
      expect(told).toMatchObject([
        { client: 'a', pattern: 'rapid_reconnect', evidence: { reconnects_per_minute: 11 }, present: true },
      ]);
      look(2 * 130);
      expect(names()).toEqual(['+rapid_reconnect a', '-rapid_reconnect a']);
    });

    it('is found though the client is forgotten whenever it goes', () => {
      for (let i = 0; i < 12; i++) {
        comes(at('a'));
        look();
        at('a').connections = 0;
        activity.forget('a');
        look();
      }
      expect(names()).toEqual(['+rapid_reconnect a']);
      look(2 * 130);
      expect(names()).toEqual(['+rapid_reconnect a', '-rapid_reconnect a']);
      expect(patterns.size).toBe(0);
    });

    it('is not a crowd of one name that comes, nor one connect in ten seconds', () => {
      look(1, () => Array.from({ length: 100 }, () => comes(at('crowd'))));
      look(1, () => Array.from({ length: 100 }, () => comes(at('crowd'))));
      comes(at('a'));
      look(600, i => i % 20 === 0 && reconnect(at('a')));
      expect(told.filter(({ pattern }) => pattern === 'rapid_reconnect')).toEqual([]);
    });
  });

  describe('connection_hoarding', () => {
    it('is most of what one may have, where others have little', () => {
      for (let i = 0; i < 10; i++) comes(at(`other ${i}`));
      for (let i = 0; i < 4; i++) comes(at('a'));
      look(10);
      expect(told).toEqual([
        {
          client: 'a',
          pattern: 'connection_hoarding',
          present: true,
          evidence: { connections: 4, allowed: 5, median: 1 },
        },
      ]);
      at('a').connections = 2;
      look(10);
      expect(names()).toEqual(['+connection_hoarding a', '-connection_hoarding a']);
    });

    it('is found of one who was there before the others, and not where all have as many', () => {
      for (let i = 0; i < 5; i++) comes(at('a'));
      look(100);
      expect(told).toEqual([]);
      for (let i = 0; i < 10; i++) comes(at(`other ${i}`));
      look(10);
      expect(names()).toEqual(['+connection_hoarding a']);
      for (let i = 0; i < 10; i++) for (let j = 0; j < 3; j++) comes(at(`other ${i}`));
      look(10);
      expect(names().slice(1)).toEqual(['-connection_hoarding a']);
    });
  });

  describe('slow_consumer', () => {
    const a = { client: 'a', queued: 500, inWindow: 100, lagMs: 2_000 };

    it('is one that is connected and behind for three looks', () => {
      comes(at('a'));
      look();
      const view = waiting(a, { ...a, queued: 1 });
      const turned = [1, 2, 3, 4].map(() => patterns.lookAtDelivery(view));
      expect(turned).toEqual([
        [],
        [],
        [
          {
            client: 'a',
            pattern: 'slow_consumer',
            present: true,
            evidence: { queued: 500, in_window: 100, lag_ms: 2_000 },
          },
        ],
        [],
      ]);
      const after = [1, 2, 3, 4].map(() => patterns.lookAtDelivery(waiting()));
      expect(after.map(each => each.map(({ present }) => present))).toEqual([[], [], [false], []]);
    });

    it('is not one that is away, unknown, or has only what is in flight', () => {
      at('a').messages = 1;
      comes(at('b'));
      look();
      const b = { client: 'b', queued: 0, inWindow: 100, lagMs: 900 };
      const views = Array.from({ length: 10 }, () => waiting(a, b, { ...a, client: 'nobody' }));
      expect(views.flatMap(view => patterns.lookAtDelivery(view))).toEqual([]);
      const stuck = waiting({ ...b, lagMs: 20_000 });
      expect([1, 2, 3].flatMap(() => patterns.lookAtDelivery(stuck))).toHaveLength(1);
    });
  });

  describe('tool_hammering', () => {
    const call = (client: ClientActivity, tool: string, times: number): void => {
      for (let i = 0; i < times; i++) client.calls(tool);
      client.messages += times;
    };

    it('is one tool, again and again', () => {
      look(10, () => (call(at('a'), 'echo', 50), call(at('a'), 'add', 5)));
      expect(told).toEqual([
        {
          client: 'a',
          pattern: 'tool_hammering',
          present: true,
          evidence: { tool: 'echo', calls_per_second: 100, share: 50 / 55 },
        },
      ]);
      look(10);
      expect(names()).toEqual(['+tool_hammering a', '-tool_hammering a']);
    });

    it('is neither many tools, nor messages that are no calls, nor a short burst', () => {
      look(10, () => (call(at('a'), 'echo', 50), call(at('a'), 'add', 50)));
      look(10, () => (call(at('b'), 'echo', 5), says(at('b'), 90)));
      look(40, i => i % 4 < 2 && call(at('c'), 'echo', 500));
      expect(told).toEqual([]);
    });
  });

  it('does not judge by times that are too short', () => {
    look(1, () => says(at('a'), 20));
    says(at('a'), 40, 30);
    expect(patterns.look(activity, now + 1)).toEqual([]);
    look(1);
    expect(told).toEqual([]);
  });

  it('forgets who is gone, those first who are gone where there are many', () => {
    patterns = new Patterns({ connections: 5, messagesPerSecond: 100 }, 50);
    for (let i = 0; i < 1_000; i++) {
      says(at(`client ${i}`), 1_000, 900);
      look();
      activity.forget(`client ${i}`);
    }
    look();
    expect(patterns.size).toBeLessThanOrEqual(50);
    look(130);
    expect(patterns.size).toBe(0);
    const begun = told.filter(({ present }) => present);
    expect(begun).toHaveLength(999);
    expect(told).toHaveLength(2 * begun.length);
  });

  it('costs little for clients that do nothing, and not much for those that do', () => {
    for (let i = 0; i < 10_000; i++) comes(at(`client ${i}`));
    look(3);
    const quiet = time(() => look(20));
    const busy = time(() => look(20, () => [...activity.all()].forEach(each => says(each, 10))));
    // Twenty looks at 10,000 clients: about 12 and 40 ms of a core, once compiled.
    expect(quiet).toBeLessThan(1_500);
    expect(busy).toBeLessThan(3_000);
  });
});

/** Milliseconds of processor time. */
function time(work: () => void): number {
  const started = process.cpuUsage();
  work();
  return process.cpuUsage(started).user / 1000;
}
