import { sessionStoreContract } from './session-store.contract.js';
import { MemorySessionStore } from './session-store.memory.js';

sessionStoreContract('memory', () => Promise.resolve(new MemorySessionStore()));
