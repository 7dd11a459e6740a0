import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { RequestMap } from '../eras/legacy/request-map.js';
import { Call } from './call.js';
import { SilenceTimeouts, SilenceTimeoutSettings } from './silence-timeouts.js';
import { Link } from './upstream-session.js';

/** As much of a link as is looked at. */
class FakeLink {
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

const SETTINGS: SilenceTimeoutSettings = { callTimeout: 10_000, silence: 3_000, pingTimeout: 2_000 };

describe('SilenceTimeouts', () => {
  let now: number;
  let links: FakeLink[];
  let timeouts: SilenceTimeouts;

  beforeEach(() => {
    now = 1_000;
    links = [];
    timeouts = new SilenceTimeouts(SETTINGS);
  });

  const linkOf = (name: string): FakeLink => {
    const link = new FakeLink(name);
    links.push(link);
    return link;
  };

  /** Time passes; what is found then. As the gateway does, what is overdue is taken, who is dead is empty. */
  function after(ms: number): string[] {
    now += ms;
    const told: string[] = [];
    for (const found of timeouts.look(links as unknown as Link[], now)) {
      const link = found.link as unknown as FakeLink;
      if (found.what === 'call') {
        told.push(`${link.name} ${found.number} overdue`);
        link.calls.take(found.number);
      } else if (found.what === 'silent') {
        told.push(`${link.name} ping`);
        link.pingedAt = now;
      } else {
        told.push(`${link.name} dead`);
        link.calls.clear();
        link.pingedAt = 0;
      }
    }
    return told;
  }

  /** The unit says something. */
  const hear = (link: FakeLink): void => void (link.heardAt = now);

  describe('of calls', () => {
    beforeEach(() => {
      timeouts = new SilenceTimeouts({ ...SETTINGS, silence: 1e9 });
    });

    it('tells of one that has had neither answer nor progress for longer than it may, once', () => {
      linkOf('a').call(now);
      expect(after(10_000)).toEqual([]);
      expect(after(1)).toEqual(['a 1 overdue']);
      expect(after(10_000)).toEqual([]);
    });

    it('counts from the last progress of each, not from what else the unit says', () => {
      const link = linkOf('a');
      const [slow] = [link.call(now), link.call(now)];
      after(6_000);
      link.calls.get(slow)!.context.heardAt = now;
      hear(link);
      expect(after(6_000)).toEqual(['a 2 overdue']);
      expect(after(4_001)).toEqual(['a 1 overdue']);
    });

    it('tells of all that are overdue at once, of all links', () => {
      for (const name of ['a', 'b']) for (let i = 0; i < 3; i++) linkOf(name).call(now);
      const many = linkOf('c');
      for (let i = 0; i < 3; i++) many.call(now);
      expect(after(10_001)).toEqual(
        [...Array(3).fill('a 1 overdue'), ...Array(3).fill('b 1 overdue')].concat([
          'c 1 overdue',
          'c 2 overdue',
          'c 3 overdue',
        ]),
      );
    });

    it('lets them take as long as they like where there is no limit', () => {
      timeouts = new SilenceTimeouts({ callTimeout: 0, silence: 1e9, pingTimeout: 1e9 });
      linkOf('a').call(now);
      expect(after(1e8)).toEqual([]);
    });
  });

  describe('of links', () => {
    beforeEach(() => {
      timeouts = new SilenceTimeouts({ ...SETTINGS, callTimeout: 0 });
    });

    it('asks one that is silent for longer than it may for a sign of life, once, and then gives it up', () => {
      linkOf('a').call(now);
      expect(after(3_000)).toEqual([]);
      expect(after(1)).toEqual(['a ping']);
      expect(after(2_000)).toEqual([]);
      expect(after(1)).toEqual(['a dead']);
      expect(after(60_000)).toEqual([]);
    });

    it('lets it be when it answers, if only within the same look, and asks again after the next silence', () => {
      const link = linkOf('a');
      link.call(now);
      expect(after(3_001)).toEqual(['a ping']);
      hear(link);
      expect(after(2_001)).toEqual([]);
      expect(after(1_000)).toEqual(['a ping']);
      after(1_000);
      hear(link);
      expect(after(1_001)).toEqual([]);
      expect(after(2_000)).toEqual(['a ping']);
      expect(after(2_001)).toEqual(['a dead']);
    });

    it('does not ask while it hears something', () => {
      const link = linkOf('a');
      link.call(now);
      for (let i = 0; i < 10; i++) {
        expect(after(3_000)).toEqual([]);
        hear(link);
      }
    });

    it('leaves one alone that has nothing to do', () => {
      const link = linkOf('a');
      expect(after(60_000)).toEqual([]);
      const number = link.call(now);
      expect(after(3_001)).toEqual(['a ping']);
      link.calls.take(number);
      expect(after(60_000)).toEqual([]);
    });

    it('looks after each by itself', () => {
      const [dead, lively] = [linkOf('dead'), linkOf('lively')];
      for (const link of [dead, lively]) link.call(now);
      expect(after(3_001)).toEqual(['dead ping', 'lively ping']);
      hear(lively);
      expect(after(2_001)).toEqual(['dead dead']);
      expect(after(1_000)).toEqual(['lively ping']);
    });
  });

  it('tells both of a silent link: which call is overdue, and that it should be asked', () => {
    const link = linkOf('a');
    link.call(now);
    link.call(now + 5_000);
    expect(after(10_001)).toEqual(['a 1 overdue', 'a ping']);
  });

  it.each<[SilenceTimeoutSettings, number]>([
    [{ callTimeout: 300_000, silence: 30_000, pingTimeout: 30_000 }, 1_000],
    [{ callTimeout: 0, silence: 4_000, pingTimeout: 8_000 }, 500],
    [{ callTimeout: 800, silence: 4_000, pingTimeout: 8_000 }, 100],
    [{ callTimeout: 0, silence: 8_000, pingTimeout: 800 }, 100],
    [{ callTimeout: 1, silence: 1, pingTimeout: 1 }, 20],
  ])('with %j wants a look every %i ms', (settings, every) => {
    expect(new SilenceTimeouts(settings).every).toBe(every);
  });
});
