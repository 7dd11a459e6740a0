import { setImmediate as nextTurn } from 'node:timers/promises';
import { Talk } from '../../kernel/ports/push-connection.js';
import { KeepAlive } from '../http/heartbeat-timer.js';
import { ChannelLine } from './push-socket-handler.js';
import { SocketFeed } from './push-socket.js';

describe('ChannelLine', () => {
  const heard: string[] = [];
  let gone: boolean | undefined;
  let reading = true;
  /** Milliseconds for which the client is held. */
  let hold = 0;
  const talk: Talk = {
    receive: data => void heard.push(String(data)),
    gone: abnormal => (gone = abnormal),
    joinByArrival: () => undefined,
    joined: true,
    holdFor: () => hold,
  };
  const feed = {
    buffered: 0,
    heard: () => undefined,
    rest: () => (reading = false),
    goOn: () => (reading = true),
    end: () => undefined,
  } as unknown as SocketFeed;
  const wheel = new KeepAlive(1_000);
  const make = (): ChannelLine =>
    new ChannelLine('native', talk, feed, { maxChannelFrame: 100, handshakeTimeout: 1_000 }, Date.now(), wheel);
  const flood = (line: ChannelLine, count: number): string[] => {
    const frames = Array.from({ length: count }, (_, i) => String(i));
    for (const frame of frames) line.receive(Buffer.from(frame), false);
    return frames;
  };

  beforeEach(() => {
    heard.length = 0;
    gone = undefined;
    reading = true;
    hold = 0;
  });
  afterEach(() => wheel.stop());

  it('takes thousands of frames that come at once a few at a time, all of them in order', async () => {
    const frames = flood(make(), 5_000);
    let longest = heard.length;
    expect(reading).toBe(false);
    while (!reading) {
      const before = heard.length;
      await nextTurn();
      longest = Math.max(longest, heard.length - before);
    }
    expect(heard).toEqual(frames);
    expect(longest).toBeLessThanOrEqual(512);
  });

  it('takes what came before the end before the end', async () => {
    const line = make();
    const frames = flood(line, 1_000);
    line.gone(true);
    expect(gone).toBeUndefined();
    while (gone === undefined) await nextTurn();
    expect(gone).toBe(true);
    expect(heard).toEqual(frames);
    expect(reading).toBe(false);
  });

  it('ends at once where nothing waits', () => {
    make().gone();
    expect(gone).toBe(false);
  });

  describe('whose client is held', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it('lets frames wait, and reads nothing more where there are many', () => {
      const line = make();
      hold = 20;
      const frames = flood(line, 15);
      expect([heard, reading]).toEqual([[], true]);
      frames.push(...flood(line, 5));
      expect([heard, reading]).toEqual([[], false]);
      hold = 0;
      jest.advanceTimersByTime(19);
      expect(heard).toEqual([]);
      jest.advanceTimersByTime(1);
      expect([heard, reading]).toEqual([frames, true]);
    });

    it('looks again after a second at the latest, however long the wait', () => {
      const line = make();
      hold = Infinity;
      flood(line, 1);
      jest.advanceTimersByTime(1_000);
      expect([heard, reading]).toEqual([[], true]);
      hold = 0;
      jest.advanceTimersByTime(1_000);
      expect(heard).toEqual(['0']);
    });

    it('waits for nothing once its socket is closed', () => {
      const line = make();
      hold = 1_000;
      flood(line, 100);
      line.gone(true);
      expect([gone, heard]).toEqual([true, []]);
      jest.advanceTimersByTime(10_000);
      expect(heard).toEqual([]);
    });

    it('ends where its socket was closed while others had their turn', async () => {
      jest.useRealTimers();
      const line = make();
      flood(line, 1_000);
      hold = 1_000;
      line.gone(false);
      while (gone === undefined) await nextTurn();
      expect(gone).toBe(false);
      expect(heard.length).toBe(256);
    });
  });
});
