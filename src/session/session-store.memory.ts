import { SessionRecord } from './session.js';
import { SessionStore } from './session-store.js';

export class MemorySessionStore extends SessionStore {
  private readonly records = new Map<string, SessionRecord>();

  put(record: SessionRecord): Promise<void> {
    this.records.set(record.id, structuredClone(record));
    return Promise.resolve();
  }

  get(id: string): Promise<SessionRecord | undefined> {
    const record = this.records.get(id);
    return Promise.resolve(record && structuredClone(record));
  }

  delete(id: string): Promise<void> {
    this.records.delete(id);
    return Promise.resolve();
  }

  count(): Promise<number> {
    return Promise.resolve(this.records.size);
  }
}
