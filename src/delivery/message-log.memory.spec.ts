import { FakedClock } from '../../test/support/fake-sink.js';
import { Budget } from '../kernel/budget.js';
import { Message } from '../kernel/ports/envelope.js';
import { messageLogContract } from './message-log.contract.js';
import { MemoryMessageLog } from './message-log.memory.js';
import { Entered, LogLimits, LogOwner } from './message-log.js';

const clock = new FakedClock();
const OWNER: LogOwner = { node: 'a', fence: 1 };
const LIMITS: LogLimits = { messages: 1_000, bytes: 1e9, replayMessages: 100, replayBytes: 1e9 };
/** More than what every session may be owed in any case. */
const LARGE = `"${'x'.repeat(10_000)}"`;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

messageLogContract('memory', (limits, bytes) => {
  const budget = new Budget(bytes);
  return Promise.resolve({
    log: new MemoryMessageLog(limits, budget, clock),
    now: () => clock.now(),
    pass: async ms => jest.advanceTimersByTimeAsync(ms),
    budget,
  });
});

describe('MemoryMessageLog and the budget of the process', () => {
  let budget: Budget;
  let log: MemoryMessageLog;
  beforeEach(() => {
    budget = new Budget(100_000);
    log = new MemoryMessageLog(LIMITS, budget, clock);
  });

  const message = (ttl?: number): Message => new Message({ payload: LARGE, ttl }, clock.now());

  it('counts a message once, however many sessions it is owed to, and nothing in the end', async () => {
    const sessions = Array.from({ length: 5 }, (_, i) => `s${i}`);
    for (const session of sessions) await log.open(session, OWNER);
    const one = message();
    await log.append(sessions.map(session => ({ session, message: one })));
    expect(budget.used).toBe(one.size + 5 * 32);
    await log.enter([{ session: 's0', owner: OWNER, high: 1, all: 1 }]);
    await log.trim([{ session: 's0', owner: OWNER, confirmed: 1, needed: 1 }]);
    for (const session of sessions) await log.drop(session, OWNER);
    expect(budget.used).toBe(0);
    expect((log as unknown as { holders: Map<unknown, unknown> }).holders.size).toBe(0);
  });

  it('refuses when it is spent, also within one batch', async () => {
    await log.open('s', OWNER);
    const answers = await log.append(Array.from({ length: 50 }, () => ({ session: 's', message: message() })));
    expect(answers.filter(answer => answer === 'accepted').length).toBeLessThan(11);
    expect(budget.used).toBeLessThan(120_000);
  });

  it('leaves every session a little when it is spent', async () => {
    for (const session of ['a', 'b']) await log.open(session, OWNER);
    await log.append(Array.from({ length: 20 }, () => ({ session: 'a', message: message() })));
    expect(budget.spent).toBe(true);
    const small = (): Message => new Message({ payload: '1' }, clock.now());
    expect(await log.append([{ session: 'a', message: small() }])).toEqual(['outbox_full']);
    expect(await log.append([{ session: 'b', message: small() }])).toEqual(['accepted']);
  });

  it('lets go of what is kept for replay before it refuses', async () => {
    for (const session of ['a', 'b']) await log.open(session, OWNER);
    for (let i = 0; i < 8; i++) {
      expect(await log.append([{ session: 'a', message: message() }])).toEqual(['accepted']);
      await log.enter([{ session: 'a', owner: OWNER, high: 1, all: 1 }]);
      await log.trim([{ session: 'a', owner: OWNER, confirmed: i + 1, needed: i + 1 }]);
    }
    for (let i = 0; i < 9; i++) expect(await log.append([{ session: 'b', message: message() }])).toEqual(['accepted']);
    expect((await log.open('a', OWNER)).first).toBeGreaterThan(0);
    expect((await log.open('b', OWNER)).queued).toBe(9);
  });

  it('lets go of what has expired in other outboxes before it refuses', async () => {
    for (const session of ['a', 'b']) await log.open(session, OWNER);
    await log.append(Array.from({ length: 20 }, () => ({ session: 'a', message: message(1_000) })));
    expect(await log.append([{ session: 'b', message: message() }])).toEqual(['outbox_full']);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await log.append([{ session: 'b', message: message() }])).toEqual(['accepted']);
    expect((await log.open('a', OWNER)).queued).toBe(0);
  });

  it('does not let go of what is not confirmed', async () => {
    for (const session of ['a', 'b']) await log.open(session, OWNER);
    await log.append(Array.from({ length: 20 }, () => ({ session: 'a', message: message() })));
    const [entered] = (await log.enter([{ session: 'a', owner: OWNER, high: 0, all: 5 }])) as Entered[];
    expect(await log.append([{ session: 'b', message: message() }])).toEqual(['outbox_full']);
    expect(await log.read('a', 0, 100)).toEqual(entered!.entries);
  });
});
