import { Message, Priority } from '../kernel/ports/envelope.js';
import { Appended, Entered, FencedError, LogLimits, LogOwner, MessageLog } from './message-log.js';

/** What a driver's spec gives: a log with these limits, how to let time pass, and, if it has one, how full its budget is. */
export interface LogUnderTest {
  log: MessageLog;
  /** Milliseconds since the epoch, as the log knows it. */
  now(): number;
  pass(ms: number): Promise<void>;
  /** Bytes that the process may hold besides, if the driver counts them. */
  budget?: { used: number };
}

export type MakeLog = (limits: LogLimits, budgetBytes: number) => Promise<LogUnderTest>;

const OWNER: LogOwner = { node: 'a', fence: 1 };
const LIMITS: LogLimits = { messages: 10, bytes: 10_000, replayMessages: 3, replayBytes: 10_000 };

/** What every message log does; each driver's spec runs it. */
export function messageLogContract(name: string, create: MakeLog): void {
  describe(`message log: ${name}`, () => {
    let test: LogUnderTest;
    let log: MessageLog;
    beforeEach(async () => {
      test = await create(LIMITS, 1_000_000);
      ({ log } = test);
      await log.open('s', OWNER);
    });

    const message = (id: string, priority: Priority = 'normal', ttl?: number, payload = '1'): Message =>
      new Message({ id, priority, ttl, payload }, test.now());
    const append = (...messages: Message[]): Promise<Appended[]> =>
      log.append(messages.map(one => ({ session: 's', message: one })));
    const fill = (count: number, from = 0): Promise<Appended[]> =>
      append(...Array.from({ length: count }, (_, i) => message(`m${from + i}`)));
    const enter = async (high: number, all: number): Promise<string[]> => {
      const [entered] = (await log.enter([{ session: 's', owner: OWNER, high, all }])) as Entered[];
      return entered!.entries.map(entry => `${entry.sequence}:${entry.message.id}`);
    };
    const read = async (from: number, max = 100): Promise<string[]> =>
      (await log.read('s', from, max)).map(entry => `${entry.sequence}:${entry.message.id}`);
    const trim = async (confirmed: number, needed = confirmed): Promise<number> =>
      (await log.trim([{ session: 's', owner: OWNER, confirmed, needed }]))[0] as number;

    it('opens an outbox once, and says what it is', async () => {
      const state = await log.open('s', OWNER);
      expect(state).toEqual({ epoch: expect.any(String) as string, first: 0, next: 0, confirmed: 0, queued: 0 });
      await fill(3);
      await enter(0, 2);
      await trim(1);
      expect(await log.open('s', OWNER)).toEqual({ epoch: state.epoch, first: 0, next: 2, confirmed: 1, queued: 1 });
    });

    describe('whose log has another owner', () => {
      const NEWER: LogOwner = { node: 'b', fence: 2 };
      const writes: [string, (owner: LogOwner) => Promise<unknown>][] = [
        ['open', owner => log.open('s', owner)],
        ['enter', async owner => (await log.enter([{ session: 's', owner, high: 1, all: 1 }]))[0]],
        ['trim', async owner => (await log.trim([{ session: 's', owner, confirmed: 1, needed: 1 }]))[0]],
        ['drop', owner => log.drop('s', owner)],
      ];
      const others: [string, LogOwner][] = [
        ['an older fence', OWNER],
        ['the same fence and another node', { node: 'c', fence: 2 }],
      ];
      const resultOf = (answer: Promise<unknown>): Promise<unknown> => answer.catch((thrown: unknown) => thrown);

      it.each(writes.flatMap(([what, write]) => others.map(([whose, owner]) => [what, whose, owner, write] as const)))(
        'refuses %s with %s, and does nothing',
        async (_what, _whose, owner, write) => {
          await fill(3);
          await enter(0, 2);
          const before = await log.open('s', NEWER);
          const refusal = await resultOf(write(owner));
          expect(refusal).toBeInstanceOf(FencedError);
          expect(refusal).toMatchObject({ session: 's', owner: NEWER });
          expect(await log.open('s', NEWER)).toEqual(before);
        },
      );

      it.each(writes)('takes %s with a newer fence', async (_what, write) => {
        await fill(1);
        await log.open('s', { node: 'a', fence: 2 });
        expect(await resultOf(write({ node: 'a', fence: 3 }))).not.toBeInstanceOf(Error);
      });

      it('keeps nobody else of a batch back', async () => {
        await log.open('t', OWNER);
        await log.append(['s', 't'].map(session => ({ session, message: message('a') })));
        await log.open('s', NEWER);
        const both = ['s', 't'].map(session => ({ session, owner: OWNER, high: 1, all: 1 }));
        const [fenced, entered] = await log.enter(both);
        expect(fenced).toBeInstanceOf(FencedError);
        expect(entered).toMatchObject({ next: 1 });
        const trims = ['s', 't'].map(session => ({ session, owner: OWNER, confirmed: 1, needed: 1 }));
        expect(await log.trim(trims)).toEqual([expect.any(FencedError), 0]);
      });

      it('has what anybody appends', async () => {
        await log.open('s', NEWER);
        expect(await append(message('a'))).toEqual(['accepted']);
      });
    });

    it('tells sessions apart', async () => {
      await log.open('t', OWNER);
      await fill(1);
      const entered = (await log.enter([
        { session: 't', owner: OWNER, high: 5, all: 5 },
        { session: 's', owner: OWNER, high: 5, all: 5 },
      ])) as Entered[];
      expect(entered.map(({ entries }) => entries.length)).toEqual([0, 1]);
    });

    it('knows nothing of sessions that are not open', async () => {
      expect(await log.append([{ session: 'x', message: message('a') }])).toEqual(['unknown']);
      expect(await log.enter([{ session: 'x', owner: OWNER, high: 1, all: 1 }])).toEqual([
        { entries: [], next: 0, queued: 0 },
      ]);
      expect(await log.read('x', 0, 10)).toEqual([]);
      expect(await log.trim([{ session: 'x', owner: OWNER, confirmed: 1, needed: 1 }])).toEqual([0]);
      await log.drop('x', OWNER);
    });

    it('gives sequences on entering, higher priorities first, in order within each', async () => {
      await append(message('l', 'low'), message('n1'), message('h1', 'high'), message('n2'), message('h2', 'high'));
      expect(await enter(10, 10)).toEqual(['0:h1', '1:h2', '2:n1', '3:n2', '4:l']);
    });

    it('lets so many of high priority enter, and so many in all', async () => {
      await append(message('n1'), message('n2'), message('h1', 'high'), message('h2', 'high'), message('h3', 'high'));
      expect(await enter(2, 0)).toEqual(['0:h1', '1:h2']);
      expect(await enter(0, 2)).toEqual(['2:h3', '3:n1']);
      const [entered] = await log.enter([{ session: 's', owner: OWNER, high: 5, all: 0 }]);
      expect(entered).toEqual({ entries: [], next: 4, queued: 1 });
    });

    it('reads the window from a sequence on, and begins later where that is gone', async () => {
      await fill(6);
      await enter(0, 6);
      expect(await read(2, 2)).toEqual(['2:m2', '3:m3']);
      expect(await read(6)).toEqual([]);
      await trim(6);
      expect(await read(0, 2)).toEqual(['3:m3', '4:m4']);
    });

    it('does not read what waits', async () => {
      await fill(2);
      await enter(0, 1);
      expect(await read(0)).toEqual(['0:m0']);
    });

    it('keeps what is not confirmed, and so much for replay of what is', async () => {
      await fill(8);
      await enter(0, 8);
      expect(await trim(2)).toBe(0);
      expect(await trim(6)).toBe(3);
      expect(await trim(8)).toBe(5);
      expect(await trim(4)).toBe(5);
    });

    it('confirms no further than the window reaches', async () => {
      await fill(2);
      await enter(0, 1);
      await trim(100);
      expect(await log.open('s', OWNER)).toMatchObject({ confirmed: 1, next: 1, queued: 1 });
    });

    it('waits for a connection that lags, but not for ever', async () => {
      for (let i = 0; i < 20; i++) {
        await fill(1, i);
        await enter(0, 1);
        await trim(i + 1, 0);
      }
      expect(await trim(20, 0)).toBe(8);
      expect(await trim(20, 20)).toBe(17);
    });

    it('keeps so many bytes for replay', async () => {
      ({ log } = await create({ ...LIMITS, replayMessages: 100, replayBytes: 1_000 }, 1_000_000));
      await log.open('s', OWNER);
      const large = 'x'.repeat(300);
      await append(...['a', 'b', 'c', 'd', 'e'].map(id => message(id, 'normal', undefined, `"${large}"`)));
      await enter(0, 5);
      expect(await trim(5)).toBe(3);
    });

    describe('quotas', () => {
      it('counts what waits and what is not confirmed', async () => {
        await fill(6);
        await enter(0, 3);
        expect(await fill(5, 6)).toEqual(['accepted', 'accepted', 'accepted', 'accepted', 'outbox_full']);
        await trim(1);
        expect(await fill(2, 20)).toEqual(['accepted', 'outbox_full']);
      });

      it('counts bytes', async () => {
        const large = (id: string): Message => message(id, 'normal', undefined, `"${'x'.repeat(4_500)}"`);
        expect(await append(large('a'), large('b'), large('c'))).toEqual(['accepted', 'accepted', 'outbox_full']);
        expect(await append(message('small'))).toEqual(['accepted']);
        await enter(0, 10);
        expect(await append(large('d'))).toEqual(['outbox_full']);
        await trim(1);
        expect(await append(large('e'))).toEqual(['accepted']);
      });

      it('refuses what is full for one session alone', async () => {
        await log.open('t', OWNER);
        await fill(10);
        const one = message('a');
        expect(
          await log.append([
            { session: 's', message: one },
            { session: 't', message: one },
          ]),
        ).toEqual(['outbox_full', 'accepted']);
      });

      it('makes room by dropping what has expired', async () => {
        await append(...Array.from({ length: 9 }, (_, i) => message(`t${i}`, 'normal', 100)), message('stays'));
        expect(await fill(1)).toEqual(['outbox_full']);
        await test.pass(100);
        expect(await fill(10)).toEqual([...new Array<Appended>(9).fill('accepted'), 'outbox_full']);
        expect(await enter(0, 2)).toEqual(['0:stays', '1:m0']);
      });
    });

    it('leaves no hole where something expired', async () => {
      await append(message('a', 'normal', 100), message('b'), message('c', 'low', 50), message('d', 'low'));
      await test.pass(100);
      expect(await enter(10, 10)).toEqual(['0:b', '1:d']);
      expect(await log.open('s', OWNER)).toMatchObject({ queued: 0, next: 2 });
    });

    it('keeps what has a sequence, however old', async () => {
      await append(message('a', 'normal', 100));
      await enter(0, 1);
      await test.pass(1_000);
      expect(await read(0)).toEqual(['0:a']);
    });

    it('tells what it holds, what has expired untold counted apart', async () => {
      await append(message('a', 'normal', 100), message('b'), message('c', 'low', 100), message('d'));
      await enter(0, 1);
      expect(await log.depth(['s', 'nobody'])).toEqual([{ queued: 3, inWindow: 1, expired: 0 }, undefined]);
      await trim(1);
      await test.pass(100);
      await fill(8);
      const [depth] = await log.depth(['s']);
      expect([depth!.inWindow, depth!.queued + depth!.expired]).toEqual([0, 11]);
      await enter(0, 20);
      expect(await log.depth(['s'])).toEqual([{ queued: 0, inWindow: 10, expired: 0 }]);
    });

    it('forgets a session, and begins another epoch when it is opened again', async () => {
      const { epoch } = await log.open('s', OWNER);
      await fill(3);
      await enter(0, 1);
      await log.drop('s', OWNER);
      expect(await fill(1)).toEqual(['unknown']);
      const again = await log.open('s', OWNER);
      expect(again).toMatchObject({ first: 0, next: 0, confirmed: 0, queued: 0 });
      expect(again.epoch).not.toBe(epoch);
    });

    it('notes an outcome once', async () => {
      expect(await log.recall('k')).toBeUndefined();
      expect(await log.once('k', 'first')).toBeUndefined();
      expect(await log.once('k', 'second')).toBe('first');
      expect(await log.recall('k')).toBe('first');
    });
  });
}
