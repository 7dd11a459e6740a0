import { FakeSink } from '../../test/support/fake-sink.js';
import { Entry, Message } from '../kernel/ports/envelope.js';
import { Cursor } from './cursor.js';

const ROOM = 1 << 20;
const message = new Message({ id: 'm', payload: '1' }, 0);
const entries = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from }, (_, i) => ({ sequence: from + i, message }));

describe('Cursor', () => {
  let sink: FakeSink;
  let reader: Cursor;
  beforeEach(() => {
    sink = new FakeSink();
    reader = new Cursor(sink, 'positional', 5);
  });

  it('writes what is next, and tells who asks', () => {
    const given: number[] = [];
    reader.write(entries(5, 8), 'e', ROOM, ({ sequence }) => given.push(sequence));
    expect(sink.sequences).toEqual([5, 6, 7]);
    expect(given).toEqual([5, 6, 7]);
    expect(reader.cursor).toBe(8);
  });

  it('stops when the socket is full', () => {
    sink.slow = true;
    reader.write(entries(5, 20), 'e', message.size * 3);
    expect(sink.sequences).toEqual([5, 6, 7, 8]);
    reader.write(entries(9, 20), 'e', message.size * 3);
    expect(reader.cursor).toBe(9);
  });

  it('stops when the connection ends', () => {
    sink.onDeliver = ({ sequence }) => (sink.attached = sequence < 6);
    reader.write(entries(5, 20), 'e', ROOM);
    expect(sink.sequences).toEqual([5, 6]);
  });

  it('tells a gap where the log begins later, once', () => {
    reader.write(entries(8, 10), 'e', ROOM);
    reader.write(entries(10, 11), 'e', ROOM);
    expect(sink.gaps).toEqual([{ reason: 'overrun', epoch: 'e', next: 8, from: 5, to: 7 }]);
    expect(sink.sequences).toEqual([8, 9, 10]);
    reader.lose(11, 'e');
    expect(sink.gaps.length).toBe(1);
  });

  it('writes nothing twice where reads overlap', () => {
    reader.write(entries(5, 8), 'e', ROOM);
    reader.write(entries(5, 10), 'e', ROOM);
    expect(sink.sequences).toEqual([5, 6, 7, 8, 9]);
    expect(sink.gaps).toEqual([]);
  });

  it('knows what the socket has taken', () => {
    expect(reader.drained()).toBe(5);
    sink.slow = true;
    reader.write(entries(5, 7), 'e', ROOM);
    reader.write(entries(7, 8), 'e', ROOM);
    expect(reader.drained()).toBe(5);
    sink.drain(1);
    expect(reader.drained()).toBe(5);
    sink.drain(1);
    expect(reader.drained()).toBe(7);
    sink.drain();
    expect(reader.drained()).toBe(8);
  });

  it('knows no more once the connection has ended: the buffer of a closed socket is empty', () => {
    sink.slow = true;
    reader.write(entries(5, 7), 'e', ROOM);
    sink.attached = false;
    sink.drain();
    expect(reader.drained()).toBe(5);
  });

  it('keeps no marks of what has left, although nobody asks', () => {
    reader = new Cursor(sink, 'acking', 0);
    sink.slow = true;
    for (let i = 0; i < 1_000; i++) {
      reader.write(entries(i, i + 1), 'e', ROOM);
      if (i > 3) sink.drain(1);
    }
    expect((reader as unknown as { marks: unknown[] }).marks.length).toBeLessThan(10);
  });
});
