import { Clock } from '../../kernel/clock.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { RequestMap } from '../eras/legacy/request-map.js';
import { Call, UpstreamSession } from './upstream-session.js';
import { CoarseClock, CoarseClockTarget, CoarseClockSettings } from './coarse-clock.js';

/** Stands still until it is moved. Both its times are the same here. */
class StillClock extends Clock {
  time = 1_000;

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.time;
  }
}

/** As much of a relay as a watch looks at. */
class FakeRelay {
  readonly calls = new RequestMap<Call>();
  heardAt = 0;
  pingedAt = 0;
  private last = 0;

  constructor(readonly name: string) {}

  /** Opens a call; returns its number. */
  call(heardAt: number): string {
    if (this.calls.size === 0) this.heardAt = heardAt;
    return this.calls.open(JsonRpcMessage.of({ id: ++this.last, method: 'm' }), { heardAt } as Call).id;
  }
}

/** Notes what it is told, as the relays do: what is overdue is taken, who is dead is empty. */
class Notes implements CoarseClockTarget {
  readonly told: string[] = [];
  readonly upstreams: FakeRelay[] = [];

  upstream(name: string): FakeRelay {
    const upstream = new FakeRelay(name);
    this.upstreams.push(upstream);
    return upstream;
  }

  watched(): Iterable<UpstreamSession> {
    return this.upstreams as unknown as UpstreamSession[];
  }

  overdue(upstream: UpstreamSession, number: string): void {
    this.told.push(`${nameOf(upstream)} ${number} overdue`);
    upstream.calls.take(number);
  }

  ping(upstream: UpstreamSession): void {
    this.told.push(`${nameOf(upstream)} ping`);
  }

  dead(upstream: UpstreamSession): void {
    this.told.push(`${nameOf(upstream)} dead`);
    upstream.calls.clear();
    upstream.pingedAt = 0;
  }
}

const nameOf = (upstream: UpstreamSession): string => (upstream as unknown as FakeRelay).name;

const SETTINGS: CoarseClockSettings = { callTimeout: 10_000, silence: 3_000, pingTimeout: 2_000 };

describe('CoarseClock', () => {
  let clock: StillClock;
  let notes: Notes;
  let watch: CoarseClock;
  beforeEach(() => {
    clock = new StillClock();
    notes = new Notes();
    watch = new CoarseClock(clock, SETTINGS);
  });

  /** Time passes, and the watch looks; what it says then. */
  function after(ms: number): string[] {
    clock.time += ms;
    notes.told.length = 0;
    watch.look(notes);
    return [...notes.told];
  }

  /** The unit says something. */
  const hear = (upstream: FakeRelay): void => void (upstream.heardAt = watch.now);

  it('has a clock that stands still between two looks', () => {
    clock.time += 500;
    expect(watch.now).toBe(1_000);
    watch.look(notes);
    expect(watch.now).toBe(1_500);
  });

  describe('of calls', () => {
    beforeEach(() => {
      watch = new CoarseClock(clock, { ...SETTINGS, silence: 1e9 });
    });

    it('tells of one that has had neither answer nor progress for longer than it may, once', () => {
      notes.upstream('a').call(watch.now);
      expect(after(10_000)).toEqual([]);
      expect(after(1)).toEqual(['a 1 overdue']);
      expect(after(10_000)).toEqual([]);
    });

    it('counts from the last progress of each, not from what else the unit says', () => {
      const upstream = notes.upstream('a');
      const [slow] = [upstream.call(watch.now), upstream.call(watch.now)];
      after(6_000);
      upstream.calls.get(slow)!.context.heardAt = watch.now;
      hear(upstream);
      expect(after(6_000)).toEqual(['a 2 overdue']);
      expect(after(4_001)).toEqual(['a 1 overdue']);
    });

    it('tells of all that are overdue at once, of all relays', () => {
      for (const name of ['a', 'b']) for (let i = 0; i < 3; i++) notes.upstream(name).call(watch.now);
      const many = notes.upstream('c');
      for (let i = 0; i < 3; i++) many.call(watch.now);
      expect(after(10_001)).toEqual(
        [...Array(3).fill('a 1 overdue'), ...Array(3).fill('b 1 overdue')].concat([
          'c 1 overdue',
          'c 2 overdue',
          'c 3 overdue',
        ]),
      );
    });

    it('lets them take as long as they like where there is no limit', () => {
      watch = new CoarseClock(clock, { callTimeout: 0, silence: 1e9, pingTimeout: 1e9 });
      notes.upstream('a').call(watch.now);
      expect(after(1e8)).toEqual([]);
    });
  });

  describe('of links', () => {
    beforeEach(() => {
      watch = new CoarseClock(clock, { ...SETTINGS, callTimeout: 0 });
    });

    it('asks one that is silent for longer than it may for a sign of life, once, and then gives it up', () => {
      notes.upstream('a').call(watch.now);
      expect(after(3_000)).toEqual([]);
      expect(after(1)).toEqual(['a ping']);
      expect(after(2_000)).toEqual([]);
      expect(after(1)).toEqual(['a dead']);
      expect(after(60_000)).toEqual([]);
    });

    it('lets it be when it answers, if only within the same look, and asks again after the next silence', () => {
      const upstream = notes.upstream('a');
      upstream.call(watch.now);
      expect(after(3_001)).toEqual(['a ping']);
      hear(upstream);
      expect(after(2_001)).toEqual([]);
      expect(after(1_000)).toEqual(['a ping']);
      after(1_000);
      hear(upstream);
      expect(after(1_001)).toEqual([]);
      expect(after(2_000)).toEqual(['a ping']);
      expect(after(2_001)).toEqual(['a dead']);
    });

    it('does not ask while it hears something', () => {
      const upstream = notes.upstream('a');
      upstream.call(watch.now);
      for (let i = 0; i < 10; i++) {
        expect(after(3_000)).toEqual([]);
        hear(upstream);
      }
    });

    it('leaves one alone that has nothing to do', () => {
      const upstream = notes.upstream('a');
      expect(after(60_000)).toEqual([]);
      const number = upstream.call(watch.now);
      expect(after(3_001)).toEqual(['a ping']);
      upstream.calls.take(number);
      expect(after(60_000)).toEqual([]);
    });

    it('looks after each by itself', () => {
      const [dead, lively] = [notes.upstream('dead'), notes.upstream('lively')];
      for (const upstream of [dead, lively]) upstream.call(watch.now);
      expect(after(3_001)).toEqual(['dead ping', 'lively ping']);
      hear(lively);
      expect(after(2_001)).toEqual(['dead dead']);
      expect(after(1_000)).toEqual(['lively ping']);
    });
  });

  it('tells both of a silent link: which call is overdue, and that it should be asked', () => {
    const upstream = notes.upstream('a');
    upstream.call(watch.now);
    upstream.call(watch.now + 5_000);
    expect(after(10_001)).toEqual(['a 1 overdue', 'a ping']);
  });

  describe('looks', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it.each<[CoarseClockSettings, number]>([
      [{ callTimeout: 300_000, silence: 30_000, pingTimeout: 30_000 }, 1_000],
      [{ callTimeout: 0, silence: 4_000, pingTimeout: 8_000 }, 500],
      [{ callTimeout: 800, silence: 4_000, pingTimeout: 8_000 }, 100],
      [{ callTimeout: 0, silence: 8_000, pingTimeout: 800 }, 100],
      [{ callTimeout: 1, silence: 1, pingTimeout: 1 }, 20],
    ])('with %j every %i ms, until it is stopped', (settings, every) => {
      let looks = 0;
      const watched = (): UpstreamSession[] => (looks++, []);
      watch = new CoarseClock(clock, settings);
      watch.start(Object.assign(new Notes(), { watched }));
      jest.advanceTimersByTime(every - 1);
      expect(looks).toBe(0);
      jest.advanceTimersByTime(9 * every + 1);
      expect(looks).toBe(10);
      watch.stop();
      jest.advanceTimersByTime(10 * every);
      expect(looks).toBe(10);
    });
  });
});
