import { SharedSubscriptions } from './shared-subscriptions.js';

describe('SharedSubscriptions', () => {
  let state: SharedSubscriptions<string>;
  beforeEach(() => {
    state = new SharedSubscriptions();
  });

  describe('of subscriptions', () => {
    beforeEach(() => {
      for (const [user, uri] of [
        ['one', 'x://1'],
        ['other', 'x://1'],
        ['one', 'x://2'],
      ] as const) {
        state.subscribe(user, uri);
      }
    });

    it('knows whose they are', () => {
      expect(['one', 'other', 'third'].map(user => state.subscriptionsOf(user))).toEqual([
        ['x://1', 'x://2'],
        ['x://1'],
        [],
      ]);
      expect([state.isSubscribed('one', 'x://2'), state.isSubscribed('other', 'x://2')]).toEqual([true, false]);
      expect(['x://1', 'x://2', 'x://3', '__proto__'].map(uri => state.has(uri))).toEqual([true, true, false, false]);
    });

    it('ends one with the last who has it, and nobody’s but by the one who has it', () => {
      expect(state.unsubscribe('other', 'x://2')).toBe(false);
      expect(state.unsubscribe('third', 'x://1')).toBe(false);
      expect(state.unsubscribe('one', 'x://1')).toBe(false);
      expect(state.unsubscribe('one', 'x://1')).toBe(false);
      expect([state.has('x://1'), state.isSubscribed('one', 'x://1')]).toEqual([true, false]);
      expect(state.unsubscribe('other', 'x://1')).toBe(true);
      expect([state.has('x://1'), state.has('x://2')]).toEqual([false, true]);
      expect(state.unsubscribe('other', 'x://1')).toBe(false);
    });

    it('counts one who subscribes twice once', () => {
      state.subscribe('one', 'x://2');
      expect([state.subscriptionsOf('one'), state.unsubscribe('one', 'x://2')]).toEqual([['x://1', 'x://2'], true]);
    });

    it('gives back those that were only of the one who leaves, once', () => {
      expect(state.leave('one')).toEqual(['x://2']);
      expect([state.has('x://1'), state.has('x://2'), state.leave('one')]).toEqual([true, false, []]);
      expect(state.leave('other')).toEqual(['x://1']);
      expect(state.leave('third')).toEqual([]);
    });
  });

  describe('of log levels', () => {
    it('tells the unit of the least severe that anybody wants, when it is another', () => {
      expect([
        state.setLevel('one', 'error'),
        state.setLevel('one', 'error'),
        state.setLevel('other', 'emergency'),
        state.setLevel('other', 'debug'),
        state.setLevel('one', 'info'),
        state.setLevel('other', 'warning'),
        state.setLevel('one', 'alert'),
      ]).toEqual(['error', undefined, undefined, 'debug', undefined, 'info', 'warning']);
    });

    it('forgets that of one who left', () => {
      state.setLevel('one', 'debug');
      state.leave('one');
      expect(state.setLevel('other', 'error')).toBe('error');
      expect(state.setLevel('third', 'debug')).toBe('debug');
    });
  });
});
