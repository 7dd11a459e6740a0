import { setImmediate as nextTurn } from 'node:timers/promises';
import { PushReceiver } from '../../kernel/ports/push-connection.js';
import { HeartbeatTimer } from '../http/heartbeat-timer.js';
import { PushSocketHandler } from './push-socket-handler.js';
import { PushSocket } from './push-socket.js';

describe('PushSocketHandler', () => {
  const heard: string[] = [];
  let gone: boolean | undefined;
  let reading = true;
  /** Milliseconds for which the client is held. */
  let hold = 0;
  const receiver: PushReceiver = {
    receive: data => void heard.push(String(data)),
    gone: abnormal => (gone = abnormal),
    joinByArrival: () => undefined,
    joined: true,
    holdFor: () => hold,
  };
  const pushConnection = {
    buffered: 0,
    heard: () => undefined,
    rest: () => (reading = false),
    goOn: () => (reading = true),
    end: () => undefined,
  } as unknown as PushSocket;
  const wheel = new HeartbeatTimer(1_000);
  const make = (): PushSocketHandler =>
    new PushSocketHandler(
      'native',
      receiver,
      pushConnection,
      { maxChannelFrame: 100, handshakeTimeout: 1_000 },
      Date.now(),
      wheel,
    );
  const flood = (socketHandler: PushSocketHandler, count: number): string[] => {
    const frames = Array.from({ length: count }, (_, i) => String(i));
    for (const frame of frames) socketHandler.receive(Buffer.from(frame), false);
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
    const socketHandler = make();
    const frames = flood(socketHandler, 1_000);
    socketHandler.gone(true);
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
      const socketHandler = make();
      hold = 20;
      const frames = flood(socketHandler, 15);
      expect([heard, reading]).toEqual([[], true]);
      frames.push(...flood(socketHandler, 5));
      expect([heard, reading]).toEqual([[], false]);
      hold = 0;
      jest.advanceTimersByTime(19);
      expect(heard).toEqual([]);
      jest.advanceTimersByTime(1);
      expect([heard, reading]).toEqual([frames, true]);
    });

    it('looks again after a second at the latest, however long the wait', () => {
      const socketHandler = make();
      hold = Infinity;
      flood(socketHandler, 1);
      jest.advanceTimersByTime(1_000);
      expect([heard, reading]).toEqual([[], true]);
      hold = 0;
      jest.advanceTimersByTime(1_000);
      expect(heard).toEqual(['0']);
    });

    it('waits for nothing once its socket is closed', () => {
      const socketHandler = make();
      hold = 1_000;
      flood(socketHandler, 100);
      socketHandler.gone(true);
      expect([gone, heard]).toEqual([true, []]);
      jest.advanceTimersByTime(10_000);
      expect(heard).toEqual([]);
    });

    it('ends where its socket was closed while others had their turn', async () => {
      jest.useRealTimers();
      const socketHandler = make();
      flood(socketHandler, 1_000);
      hold = 1_000;
      socketHandler.gone(false);
      while (gone === undefined) await nextTurn();
      expect(gone).toBe(false);
      expect(heard.length).toBe(256);
    });
  });
});
