import { FakeSink } from '../../test/support/fake-sink.js';
import { Entry, Message } from '../kernel/ports/envelope.js';
import { Outbox, Watcher } from './outbox.js';
import { FlowControl } from './flow-control.js';
import { Cursor } from './cursor.js';

const SETTINGS = { windowHalf: 50, windowFull: 100, rate: 200, lag: 5_000, bundle: 1_000, socketBuffer: 1 << 20 };
const invalid = expect.objectContaining({ code: 'invalid_ack' }) as unknown;

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe('Outbox', () => {
  let watchers: Map<Message, Watcher>;
  let box: Outbox;
  let told: string[];
  beforeEach(() => {
    watchers = new Map();
    told = [];
    const state = { epoch: 'e', first: 0, next: 10, confirmed: 2, queued: 0 };
    box = new Outbox('s', state, new FlowControl(SETTINGS, 0), watchers);
  });

  const watched = (sequence: number): Entry => {
    const message = new Message({ payload: '1' }, 0);
    watchers.set(message, {
      given: (_, at) => told.push(`given ${at}`),
      confirmed: () => told.push(`confirmed ${sequence}`),
    });
    return { sequence, message };
  };

  it('takes acknowledgements of everything up to a sequence', () => {
    box.acknowledge(5, undefined);
    expect([box.confirmed, box.inWindow, box.stale]).toEqual([6, 4, true]);
    box.acknowledge(3, 'e');
    expect(box.confirmed).toBe(6);
    box.acknowledge(-1, 'e');
    expect(box.confirmed).toBe(6);
  });

  it.each([10, 11, Infinity, NaN, 4.5])('refuses %d, and changes nothing', sequence => {
    expect(thrownBy(() => box.acknowledge(sequence, undefined))).toEqual(invalid);
    expect([box.confirmed, box.stale]).toEqual([2, false]);
  });

  it('refuses what has not been sent, although it is in the window', () => {
    box.next = 20;
    expect(thrownBy(() => box.acknowledge(15, undefined))).toEqual(invalid);
    box.sent = 16;
    box.acknowledge(15, undefined);
    expect(box.confirmed).toBe(16);
  });

  it('refuses another epoch', () => {
    expect(thrownBy(() => box.acknowledge(3, 'f'))).toEqual(invalid);
  });

  it('takes single acknowledgements in any order', () => {
    for (const sequence of [4, 3, 1]) box.acknowledgeOne(sequence);
    expect(box.confirmed).toBe(2);
    box.acknowledgeOne(2);
    expect(box.confirmed).toBe(5);
  });

  it('goes on with the single ones after one of everything', () => {
    for (const sequence of [3, 6, 7]) box.acknowledgeOne(sequence);
    box.acknowledge(5, undefined);
    expect(box.confirmed).toBe(8);
    expect((box as unknown as { singly: Set<number> }).singly.size).toBe(0);
  });

  it('settles by the fastest socket, where nobody acknowledges', () => {
    const sinks = [new FakeSink(), new FakeSink()];
    sinks[1]!.slow = true;
    for (const sink of sinks) {
      const reader = new Cursor(sink, 'silent', 2);
      box.readers.add(reader);
      reader.write([watched(2), watched(3)], 'e', 1 << 20);
    }
    box.settle();
    expect([box.confirmed, box.needed]).toEqual([4, 4]);
  });

  it('settles nothing where somebody acknowledges', () => {
    box.readers.add(new Cursor(new FakeSink(), 'acking', 2)).add(new Cursor(new FakeSink(), 'silent', 9));
    box.settle();
    expect([box.confirmed, box.needed]).toEqual([2, 2]);
  });

  describe('watchers', () => {
    it('hear once that it was given, and once that it was confirmed', () => {
      const entry = watched(4);
      box.given(entry);
      box.given(entry);
      box.acknowledge(3, undefined);
      expect(told).toEqual(['given 4']);
      box.acknowledge(5, undefined);
      box.given(entry);
      expect(told).toEqual(['given 4', 'confirmed 4']);
      expect(box.isAwaited).toBe(false);
    });

    it('hear of a single acknowledgement at once', () => {
      const entry = watched(6);
      box.given(entry);
      box.acknowledgeOne(6);
      box.given(entry);
      expect(told).toEqual(['given 6', 'confirmed 6']);
      box.acknowledge(8, undefined);
      expect(told.length).toBe(2);
    });

    it('hear in any order of giving', () => {
      for (const sequence of [7, 3]) box.given(watched(sequence));
      box.acknowledge(4, undefined);
      expect(told).toEqual(['given 7', 'given 3', 'confirmed 3']);
    });

    it('hear nothing once they have given up', () => {
      const entry = watched(4);
      box.given(entry);
      watchers.clear();
      box.acknowledge(9, undefined);
      expect(told).toEqual(['given 4']);
      expect(box.isAwaited).toBe(false);
    });
  });
});
