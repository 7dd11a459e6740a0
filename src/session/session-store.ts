import { SessionRecord } from './session.js';

/**
 * Where session records are kept. A record is replaced whole; a missing one is `undefined`, never an error.
 * Records handed in and out are copies: changing one changes nothing in the store.
 */
export abstract class SessionStore {
  abstract put(record: SessionRecord): Promise<void>;
  abstract get(id: string): Promise<SessionRecord | undefined>;
  abstract delete(id: string): Promise<void>;
  /** How many records there are. */
  abstract count(): Promise<number>;
}
