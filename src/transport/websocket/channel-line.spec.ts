import { setImmediate as nextTurn } from 'node:timers/promises';
import { Talk } from '../../kernel/feed.js';
import { KeepAlive } from '../keep-alive.js';
import { ChannelLine } from './channel-line.js';
import { SocketFeed } from './socket-feed.js';

describe('ChannelLine', () => {
  const heard: string[] = [];
  let gone: boolean | undefined;
  let reading = true;
  const talk: Talk = {
    receive: data => void heard.push(String(data)),
    gone: abnormal => (gone = abnormal),
    joinByArrival: () => undefined,
    joined: true,
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
});
