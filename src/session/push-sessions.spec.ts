import { Clock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { Principal } from '../kernel/ports/access.js';
import { PushSession } from './push-session.js';
import { PushSessions } from './push-sessions.js';
import { MemorySessionStore } from './session-store.memory.js';

class HandClock extends Clock {
  time = 1_000_000;
  now(): number {
    return this.time;
  }
  elapsed(): number {
    return this.time;
  }
}

const ALICE: Principal = { id: 'jwt:alice', anonymous: false };
const BOB: Principal = { id: 'jwt:bob', anonymous: false };
const code = (name: string): any => expect.objectContaining({ code: name });

describe('channel sessions', () => {
  let clock: HandClock;
  let store: MemorySessionStore;
  let sessions: PushSessions;
  const open = (clientId = 'c1', principal = ALICE, isDefault = true): PushSession =>
    sessions.open({ principal, clientId, transport: 'websocket', address: '127.0.0.1', isDefault });
  const activate = (session: PushSession): void => {
    for (const state of ['authenticating', 'selecting', 'active'] as const) session.advance(state);
  };

  beforeEach(() => {
    clock = new HandClock();
    store = new MemorySessionStore();
    sessions = new PushSessions(store, clock, {} as Log, { idleTimeout: 1_000, resumeTtl: 5_000 });
  });

  it('are joined by name where they are the default one', () => {
    const first = open();
    const second = open('c1', ALICE, false);
    expect(sessions.defaultOf(ALICE, 'c1')).toBe(first);
    expect([...sessions.byClient('c1')]).toEqual([first, second]);
    expect(sessions.defaultOf(ALICE, 'c2')).toBeUndefined();
  });

  it('of one principal cannot be joined by another', () => {
    const session = open();
    expect(() => sessions.defaultOf(BOB, 'c1')).toThrow(code('forbidden'));
    const { token } = sessions.issueToken(session);
    expect(() => sessions.byResumeToken(BOB, token)).toThrow(code('invalid_resume_token'));
    expect(sessions.byResumeToken(ALICE, token)).toBe(session);
  });

  it('keep the three newest tokens, each for its time', () => {
    const session = open();
    const [oldest, ...newer] = [1, 2, 3, 4].map(() => sessions.issueToken(session).token);
    expect(() => sessions.byResumeToken(ALICE, oldest!)).toThrow(code('invalid_resume_token'));
    for (const token of newer) expect(sessions.byResumeToken(ALICE, token)).toBe(session);
    clock.time += 5_000;
    for (const token of newer) expect(() => sessions.byResumeToken(ALICE, token)).toThrow(code('resume_token_expired'));
  });

  it('keep the token that is used, however many welcomes are lost', () => {
    const session = open();
    const { token } = sessions.issueToken(session);
    for (let i = 0; i < 10; i++) {
      expect(sessions.byResumeToken(ALICE, token)).toBe(session);
      sessions.issueToken(session);
    }
    expect(session.record.channel.resume).toHaveLength(3);
  });

  it('are found by topic and scope until they are not', () => {
    const session = open();
    sessions.subscribe(session, ['a', 'b']);
    sessions.subscribe(session, ['b', 'c']);
    sessions.unsubscribe(session, ['a']);
    expect(session.record.channel.topics).toEqual(['b', 'c']);
    expect([...sessions.byTopic('a')]).toEqual([]);
    expect([...sessions.byTopic('c')]).toEqual([session]);
    sessions.describe(session, 'node', ['presence']);
    sessions.describe(session, 'operator', ['*']);
    expect([...sessions.byScope('presence')]).toEqual([session]);
    sessions.remove(session);
    expect([...sessions.byTopic('c'), ...sessions.byScope('presence'), ...sessions.byClient('c1')]).toEqual([]);
    expect(sessions.size).toBe(0);
  });

  it('take so many topics and no more', () => {
    const session = open();
    const names = Array.from({ length: 64 }, (_, i) => `t${i}`);
    sessions.subscribe(session, names);
    expect(() => sessions.subscribe(session, ['one more'])).toThrow(code('invalid_message'));
    sessions.subscribe(session, ['t0']);
  });

  it('are idle when they had no connection for the idle time', () => {
    const [active, gone] = [open('c1'), open('c2')];
    for (const session of [active, gone]) activate(session);
    gone.advance('disconnected');
    clock.time += 1_001;
    expect(sessions.idle()).toEqual([gone]);
    sessions.touch(gone);
    expect(sessions.idle()).toEqual([]);
  });

  it('are in the store as they were saved', async () => {
    const session = open();
    activate(session);
    sessions.save(session);
    sessions.subscribe(session, ['later']);
    expect((await store.get(session.id))?.channel).toMatchObject({ clientId: 'c1', state: 'active', topics: [] });
    sessions.remove(session);
    expect(await store.get(session.id)).toBeUndefined();
  });
});
