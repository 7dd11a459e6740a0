import { FakeLevers } from '../../test/support/fake-levers.js';
import { Clock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { HandshakeGate } from './handshake-gate.js';

class HeldClock extends Clock {
  at = 1_000;
  now(): number {
    return this.at;
  }
  elapsed(): number {
    return this.at;
  }
}

const here = (): boolean => true;

describe('HandshakeGate', () => {
  const clock = new HeldClock();
  let levers: FakeLevers;
  let gate: HandshakeGate;
  let random: number;
  /** What became of those who came, in the order in which it did. */
  let fates: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    levers = new FakeLevers();
    random = 0;
    fates = [];
    gate = new HandshakeGate(levers, clock, { patience: 5_000, most: 20, random: () => random });
  });
  afterEach(() => jest.useRealTimers());

  /** Comes to the gate. @returns how it was met */
  function come(name: string, isThere = here, begun = false): string {
    try {
      const turn = gate.enter(isThere, begun);
      if (!turn) return 'in';
      turn.then(
        () => fates.push(`${name} in`),
        (thrown: GatewayError) => fates.push(`${name} ${thrown.code} ${thrown.retryAfter}`),
      );
      return 'waits';
    } catch (thrown) {
      return `${(thrown as GatewayError).code} ${(thrown as GatewayError).retryAfter}`;
    }
  }

  const pass = async (ms: number): Promise<void> => {
    for (let i = 0; i < ms; i += 10) {
      clock.at += 10;
      gate.turn();
      await Promise.resolve();
      await Promise.resolve();
    }
  };

  it('keeps nobody and nothing without the lever', () => {
    for (let i = 0; i < 1_000; i++) expect(gate.enter(here)).toBeUndefined();
    expect(gate.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets them in at the pace that is set, first come, first served', async () => {
    levers.set('handshakes', '', 100);
    const met = Array.from({ length: 12 }, (_, i) => come(String(i)));
    // A slice's worth may be saved up; the others wait.
    expect(met).toEqual(['in', 'in', ...Array<string>(10).fill('waits')]);
    await pass(50);
    expect(fates).toEqual(['2 in', '3 in', '4 in', '5 in', '6 in']);
    await pass(50);
    expect(fates).toHaveLength(10);
    expect(gate.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has no burst for a loop that was late', async () => {
    levers.set('handshakes', '', 100);
    for (let i = 0; i < 12; i++) come(String(i));
    clock.at += 5_000 - 1;
    gate.turn();
    await Promise.resolve();
    expect(fates).toHaveLength(2);
  });

  it('takes no more than may wait, and sends the others away for different times', () => {
    levers.set('handshakes', '', 100);
    const met = Array.from({ length: 23 }, (_, i) => come(String(i)));
    expect(met.slice(-2)).toEqual(['waits', 'overloaded 1000']);
    random = 0.5;
    expect(come('later')).toBe('overloaded 6000');
    expect(gate.size).toBe(20);
  });

  it('sends away at once who could not be served in time', () => {
    levers.set('handshakes', '', 1);
    const met = Array.from({ length: 7 }, (_, i) => come(String(i)));
    expect(met).toEqual(['in', 'waits', 'waits', 'waits', 'waits', 'waits', 'overloaded 1000']);
  });

  it('sends away those whose time is over because the pace was lowered', async () => {
    levers.set('handshakes', '', 10);
    for (let i = 0; i < 4; i++) come(String(i));
    levers.set('handshakes', '', 0.001);
    await pass(4_990);
    expect(gate.size).toBe(3);
    await pass(10);
    expect(fates).toEqual(['1 overloaded 1000', '2 overloaded 1000', '3 overloaded 1000']);
  });

  it('forgets who has left, and takes no turn for it', async () => {
    levers.set('handshakes', '', 100);
    let there = true;
    come('a');
    come('b');
    for (const name of ['c', 'd']) come(name, () => there);
    come('e');
    there = false;
    await pass(10);
    expect(fates).toEqual(['c invalid_request null', 'd invalid_request null', 'e in']);
    expect(gate.size).toBe(0);
  });

  it('lets everybody in soon once the lever is released', async () => {
    levers.set('handshakes', '', 10);
    for (let i = 0; i < 15; i++) come(String(i));
    levers.set('handshakes', '', undefined);
    expect(come('who comes then')).toBe('waits');
    await pass(10);
    expect(fates).toHaveLength(15);
    expect(come('and after that')).toBe('in');
  });

  it('lets those who have begun finish first, also where no more are taken that have not', async () => {
    levers.set('handshakes', '', 100);
    const met = Array.from({ length: 24 }, (_, i) => come(String(i)));
    expect(met.slice(-2)).toEqual(['overloaded 1000', 'overloaded 1000']);
    expect([come('a', here, true), come('b', here, true)]).toEqual(['waits', 'waits']);
    await pass(40);
    expect(fates).toEqual(['a in', 'b in', '2 in', '3 in']);
    expect(gate.size).toBe(18);
  });
});
