export interface Load {
  sessions: number;
  /** Calls that a client waits for, handshakes included. */
  callsInFlight: number;
}

export interface PoolVitals {
  unit: string;
  instance: string;
  inUse: number;
  waiting: number;
  limit: number;
}

export interface CircuitVitals {
  unit: string;
  instance: string;
  state: 'closed' | 'open' | 'half_open';
}

/** What those who watch may read of the data plane. Reading changes nothing and costs the messages nothing. */
export abstract class Vitals {
  abstract readonly draining: boolean;
  abstract load(): Load;
  abstract pools(): PoolVitals[];
  abstract circuits(): CircuitVitals[];
}

/** The doors' listeners, as far as others must know. */
export abstract class Doors {
  /** Whether every listener takes connections. */
  abstract readonly listening: boolean;
  /** Ports as bound, which differ from the configured ones where those are 0. */
  abstract readonly ports: { sse: number; websocket: number };
  abstract open(): Promise<void>;
  abstract close(): Promise<void>;
}
