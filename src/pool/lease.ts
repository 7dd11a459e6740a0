import { JsonRpcMessage } from '../kernel/json-rpc/message.js';
import { Instance, UnitLink } from '../kernel/ports/unit.js';

/** Who holds a lease, as far as the pool must know to take it back. */
export interface Holder {
  /** Calls or questions in flight now: a lease that is in use is never taken. */
  readonly busy: boolean;
  /** Whom it works for: places that are contended go round by client. */
  readonly client: string;
  /** Whether a client is listening; those without go first. */
  readonly attached: boolean;
  /** Whether the holder can take a new lease without its client noticing. */
  readonly renewable: boolean;
  /** Milliseconds since the epoch of its last message. */
  readonly lastActiveAt: number;
  /** The pool takes the lease back, and asks once; the holder ends what depended on it and releases. */
  reclaim(lease: Lease): void;
}

/** The pool, as far as its leases tell it something. */
export interface LeaseKeeper {
  /** So many more leases have nothing in flight. */
  counted(parked: 1 | -1): void;
  /** A holder has nothing in flight. */
  parked(): void;
  /** A link has ended. */
  released(lease: Lease): void;
}

/** `busy`: its holder has something in flight. `parked`: nothing. `recalled`: the pool has asked for it back. */
type LeaseState =
  { is: 'busy' } | { is: 'parked' } | { is: 'recalled'; parked: boolean } | { is: 'released'; done: Promise<void> };

/** A link, checked out. Whoever holds it gives it back exactly once; a second `release` changes nothing. */
export class Lease {
  private state: LeaseState = { is: 'busy' };

  constructor(
    readonly instance: Instance,
    readonly holder: Holder,
    private readonly link: UnitLink,
    private readonly pool: LeaseKeeper,
  ) {}

  /** On its way back, or asked to be. */
  get leaving(): boolean {
    return this.state.is === 'recalled' || this.state.is === 'released';
  }

  /** Whether the pool may take it back now. */
  get spare(): boolean {
    return !this.leaving && !this.holder.busy;
  }

  send(frame: JsonRpcMessage): void {
    if (this.isParked) this.note();
    this.link.send(frame);
  }

  negotiated(version: string): void {
    this.link.negotiated(version);
  }

  /** The holder has nothing in flight: if somebody waits for a place, the pool may take this one back. */
  parked(): void {
    this.note();
    this.pool.parked();
  }

  /** The holder may have begun or ended something; what it sends says so by itself. */
  note(): void {
    const parked = !this.holder.busy;
    if (this.state.is === 'released' || parked === this.isParked) return;
    if (this.state.is === 'recalled') this.state = { is: 'recalled', parked };
    else this.state = { is: parked ? 'parked' : 'busy' };
    this.pool.counted(parked ? 1 : -1);
  }

  /** Asks for it back, once. */
  reclaim(): void {
    if (this.leaving) return;
    this.state = { is: 'recalled', parked: this.isParked };
    this.holder.reclaim(this);
  }

  /** Ends the link; resolves when its place in the pool is free again. */
  release(): Promise<void> {
    if (this.state.is === 'released') return this.state.done;
    if (!this.isParked) this.pool.counted(1);
    const ended = this.link.close().catch(() => undefined);
    const done = ended.then(() => this.pool.released(this));
    this.state = { is: 'released', done };
    return done;
  }

  private get isParked(): boolean {
    return this.state.is === 'parked' || (this.state.is === 'recalled' && this.state.parked);
  }
}
