import { Frame } from '../kernel/frame.js';
import { Instance, UnitLink } from '../kernel/unit.js';

/** Who holds a lease, as far as the pool must know to take it back. */
export interface Holder {
  /** Calls or questions in flight now: a lease that is in use is never taken. */
  readonly busy: boolean;
  /** Whether a client is listening; those without go first. */
  readonly attached: boolean;
  /** Milliseconds since the epoch of its last message. */
  readonly lastActiveAt: number;
  /** The pool takes the lease back; the holder ends what depended on it and releases. */
  reclaim(): void;
}

/** A link, checked out. Whoever holds it gives it back exactly once; a second `release` changes nothing. */
export class Lease {
  private released: Promise<void> | undefined;

  constructor(
    readonly instance: Instance,
    readonly holder: Holder,
    private readonly link: UnitLink,
    private readonly pool: { released(lease: Lease): Promise<void>; parked(): void },
  ) {}

  /** Already on its way back. */
  get ending(): boolean {
    return this.released !== undefined;
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

  /** Ends the link; resolves when its place in the pool is free again. */
  release(): Promise<void> {
    this.released ??= this.link
      .close()
      .catch(() => undefined)
      .then(() => this.pool.released(this));
    return this.released;
  }
}
