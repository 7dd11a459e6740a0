import { Frame } from '../kernel/frame.js';
import { Instance, UnitLink } from '../kernel/unit.js';

/** Who holds a lease, as far as the pool must know to take it back. */
export interface Holder {
  /** Calls or questions in flight now: a lease that is in use is never taken. */
  readonly busy: boolean;
  /** Whether a client is listening; those without go first. */
  readonly attached: boolean;
  /** Whether the holder can take a new lease without its client noticing. */
  readonly renewable: boolean;
  /** Milliseconds since the epoch of its last message. */
  readonly lastActiveAt: number;
  /** The pool takes the lease back, and asks once; the holder ends what depended on it and releases. */
  reclaim(lease: Lease): void;
}

/** A link, checked out. Whoever holds it gives it back exactly once; a second `release` changes nothing. */
export class Lease {
  private released: Promise<void> | undefined;
  private asked = false;

  constructor(
    readonly instance: Instance,
    readonly holder: Holder,
    private readonly link: UnitLink,
    private readonly pool: { released(lease: Lease): void; parked(): void },
  ) {}

  /** On its way back, or asked to be. */
  get leaving(): boolean {
    return this.asked || this.released !== undefined;
  }

  /** Whether the pool may take it back now. */
  get spare(): boolean {
    return !this.leaving && !this.holder.busy;
  }

  send(frame: Frame): void {
    this.link.send(frame);
  }

  negotiated(version: string): void {
    this.link.negotiated(version);
  }

  /** The holder has nothing in flight: if somebody waits for a place, the pool may take this one back. */
  parked(): void {
    this.pool.parked();
  }

  reclaim(): void {
    this.asked = true;
    this.holder.reclaim(this);
  }

  /** Ends the link; resolves when its place in the pool is free again. */
  release(): Promise<void> {
    this.released ??= this.link
      .close()
      .catch(() => undefined)
      .then(() => this.pool.released(this));
    return this.released;
  }
}
