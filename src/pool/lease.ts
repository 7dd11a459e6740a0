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

/** A link, checked out. Whoever holds it gives it back exactly once; a second `release` changes nothing. */
export class Lease {
  private released: Promise<void> | undefined;
  private asked = false;
  private idle = false;

  constructor(
    readonly instance: Instance,
    private held: Holder,
    private readonly link: UnitLink,
    private readonly pool: LeaseKeeper,
  ) {}

  get holder(): Holder {
    return this.held;
  }

  /** From now on it is this one's. */
  handTo(holder: Holder): void {
    this.held = holder;
  }

  /** On its way back, or asked to be. */
  get leaving(): boolean {
    return this.asked || this.released !== undefined;
  }

  /** Whether the pool may take it back now. */
  get spare(): boolean {
    return !this.leaving && !this.held.busy;
  }

  send(frame: JsonRpcMessage): void {
    if (this.idle) this.note();
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
    if (this.idle === !this.holder.busy || this.released) return;
    this.idle = !this.idle;
    this.pool.counted(this.idle ? 1 : -1);
  }

  reclaim(): void {
    this.asked = true;
    this.held.reclaim(this);
  }

  /** Ends the link; resolves when its place in the pool is free again. */
  release(): Promise<void> {
    if (this.released) return this.released;
    if (!this.idle) this.pool.counted(1);
    this.released = this.link
      .close()
      .catch(() => undefined)
      .then(() => this.pool.released(this));
    return this.released;
  }
}
