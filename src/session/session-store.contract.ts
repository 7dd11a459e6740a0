import { PushRecord } from './push-session.js';
import { SessionRecord } from './session.js';
import { SessionStore } from './session-store.js';

const record = (id: string): SessionRecord => ({
  id,
  principal: 'anonymous',
  transport: 'websocket',
  unit: 'everything',
  createdAt: 1_000,
  lastActiveAt: 1_000,
});

const CHANNEL: PushRecord = {
  clientId: 'c1',
  state: 'active',
  address: '127.0.0.1',
  isDefault: true,
  role: 'node',
  scopes: ['presence'],
  topics: [],
  resume: [{ hash: 'aGFzaA==', expiresAt: 5_000 }],
  preference: 'auto',
  windowSize: [80, 24],
};

/** What every session store does; each driver's spec runs it. */
export function sessionStoreContract(name: string, create: () => Promise<SessionStore>): void {
  describe(`session store: ${name}`, () => {
    let store: SessionStore;
    beforeEach(async () => {
      store = await create();
    });

    it('returns what was put, and undefined for what was not', async () => {
      await store.put(record('a'));
      expect(await store.get('a')).toEqual(record('a'));
      expect(await store.get('b')).toBeUndefined();
    });

    it('replaces a record whole', async () => {
      await store.put({ ...record('a'), protocolVersion: '2025-11-25' });
      await store.put({ ...record('a'), lastActiveAt: 2_000 });
      expect(await store.get('a')).toEqual({ ...record('a'), lastActiveAt: 2_000 });
      expect(await store.count()).toBe(1);
    });

    it('keeps copies: changing a record changes nothing in the store', async () => {
      const mine = record('a');
      await store.put(mine);
      mine.unit = 'changed';
      (await store.get('a'))!.unit = 'changed too';
      expect((await store.get('a'))!.unit).toBe('everything');
    });

    it('keeps what a native or Phoenix session has besides, down to its parts', async () => {
      const topics = ['t1'];
      await store.put({ ...record('a'), channel: { ...CHANNEL, topics } });
      topics.push('t2');
      expect((await store.get('a'))!.channel).toEqual({ ...CHANNEL, topics: ['t1'] });
    });

    it('deletes, also what is not there', async () => {
      await store.put(record('a'));
      await store.delete('a');
      await store.delete('a');
      expect(await store.get('a')).toBeUndefined();
      expect(await store.count()).toBe(0);
    });
  });
}
