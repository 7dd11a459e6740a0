import { DoubleCount } from './audit.js';
import { ForcedState } from './levers.js';

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
  /** Leases given out since the start, and how long it took to have them, opening included, in ms all together. */
  checkouts: number;
  checkoutMs: number;
  /** Milliseconds it took lately: newer ones count more. */
  recentCheckoutMs: number;
}

/** Where the sessions of a unit are. */
export interface Placement {
  unit: string;
  balance: string;
  nodes: readonly {
    instance: string;
    weight: number;
    /** Points on the ring; 0 where the unit is balanced otherwise. */
    points: number;
    /** Sessions, and lines of the gateway's own, that are joined to it now. */
    upstreams: number;
    out: boolean;
  }[];
}

export interface CircuitVitals {
  unit: string;
  instance: string;
  state: 'closed' | 'open' | 'half_open';
  /** Where somebody holds it in that state, whatever it has seen itself. */
  forced?: ForcedState;
  /** Failed so often that others are tried first. */
  out: boolean;
  /** Whether each link is a process of its own, whose end says nothing of the others. */
  isolated: boolean;
}

/** An instance at work. Totals count from the start of the process; whoever wants rates takes differences. */
export interface InstanceVitals {
  unit: string;
  instance: string;
  /** Calls of clients in flight there. */
  inFlight: number;
  /** Milliseconds since the oldest of them was sent; 0 where there is none. */
  oldestMs: number;
  /** Calls answered, and how long they took together, in ms. */
  answered: number;
  busyMs: number;
  /** Of the calls in flight, those that wait for something other than the unit: a client's answer, or the end of a task. */
  asking: number;
  /**
   * Answers that could be compared with what calls of their kinds take without load: how long they took together, and how
   * long they would have without load, in ms. Calls that had to wait for a client are none of them.
   */
  compared: number;
  comparedMs: number;
  unloadedMs: number;
  /** Calls that broke off or came too late, and links that failed. */
  failed: number;
  /** Attempts to open a link that failed. */
  unopened: number;
}

export interface UnitVitals {
  unit: string;
  inFlight: number;
  /** Calls that wait until there are less in flight. */
  waiting: number;
  /** Milliseconds since the longest of them came. */
  oldestWaitMs: number;
  /** Calls refused because too many wait, or waited for too long; since the start. */
  shed: number;
  /** How many different kinds of messages it gets, and their Shannon entropy in bits: the variety it absorbs. */
  kinds: number;
  entropyBits: number;
  /** 99th percentile of the gateway's own time for a message, in ms, over the newest of those that were measured. */
  ownP99Ms: number;
}

/** What is owed to clients of native and Phoenix sessions. */
export interface DeliveryVitals {
  sessions: number;
  queued: number;
  inWindow: number;
  bytes: number;
  /** The clients that are most behind, at most a hundred. */
  slowest: readonly { client: string; queued: number; inWindow: number; lagMs: number }[];
}

/** What those who watch may read of the data plane. Reading changes nothing and costs the messages nothing. */
export abstract class Vitals {
  abstract readonly draining: boolean;
  abstract load(): Load;
  abstract pools(): PoolVitals[];
  abstract circuits(): CircuitVitals[];
  abstract instances(): InstanceVitals[];
  abstract units(): UnitVitals[];
  abstract placements(): Placement[];
}

/** The same of what is owed to clients. */
export abstract class DeliveryView {
  abstract delivery(): DeliveryVitals;
}

/** The doors' listeners, as far as others must know. */
export abstract class ListenerVitals {
  /** Whether every listener takes connections. */
  abstract readonly listening: boolean;
  /** Ports as bound, which differ from the configured ones where those are 0. */
  abstract readonly ports: { sse: number; websocket: number };
  /** Open sockets of each listener against the long-lived connections that are registered there. */
  abstract sockets(): DoubleCount[];
  abstract open(): Promise<void>;
  abstract close(): Promise<void>;
}
