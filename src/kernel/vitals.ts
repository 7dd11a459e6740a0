export interface Load {
  sessions: number;
  /** Calls that a client waits for, handshakes included. */
  callsInFlight: number;
  /** Sessions, and the gateway itself, joined to units. */
  relays: number;
}

export interface PoolVitals {
  unit: string;
  instance: string;
  /** Leases with something in flight; these alone are utilisation. */
  inUse: number;
  /** Leases that are out and have nothing in flight. */
  parked: number;
  /** Both. */
  leases: number;
  waiting: number;
  /** Leases there may be: `size`, and `overflow` more under pressure. */
  size: number;
  overflow: number;
  limit: number;
}

export interface CircuitVitals {
  unit: string;
  instance: string;
  state: 'closed' | 'open' | 'half_open';
  /** Failed so often that others are tried first. */
  out: boolean;
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
