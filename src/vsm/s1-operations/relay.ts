import { Connection } from '../../kernel/connection.js';
import { Frame } from '../../kernel/frame.js';
import { Unit } from '../../kernel/unit.js';
import { Holder, Lease } from '../../pool/lease.js';
import { Pending } from '../../protocol/mcp/legacy/pending.js';
import { Session } from '../../session/session.js';
import { Handshake } from './handshake.js';

/** A client's request on its way through a unit. */
export interface Call {
  /** The connection that asked and gets the answer. */
  via: Connection;
  /** Clock.elapsed() when it came in. */
  startedAt: number;
}

/** What came while the lease was being opened. */
export interface Waiting {
  frame: Frame;
  via: Connection;
}

/**
 * One session joined to one unit: the lease it holds, the calls its client waits for, the questions (sampling,
 * elicitation, roots) its unit waits for. State only; `dispatch` and `return` do the work.
 */
export class Relay implements Holder {
  /** client → unit */
  readonly calls = new Pending<Call>();
  /** unit → client; the context is the connection the question went to. */
  readonly asks = new Pending<Connection>();
  lease: Lease | undefined;
  /** The handshake under way at one instance. */
  handshake: Handshake | undefined;
  /** The `initialize` request, until it is answered. */
  opening: Waiting | undefined;
  /** Set from `initialize` until its answer; what the client sends meanwhile waits here, bounded like calls. */
  waiting: Waiting[] | undefined;

  constructor(
    readonly session: Session,
    readonly unit: Unit,
    private readonly onReclaim: (relay: Relay) => void,
  ) {}

  get busy(): boolean {
    return this.calls.size > 0 || this.waiting !== undefined;
  }

  /** Whether anybody listens for what is in flight. */
  get awaited(): boolean {
    for (const { context } of this.calls.values()) if (context.via.attached) return true;
    return this.waiting !== undefined;
  }

  /** A call has ended: with the last one the lease is parked, and somebody may wait for it. */
  settled(): void {
    if (!this.busy) this.lease?.parked();
  }

  get attached(): boolean {
    return this.session.home.attached;
  }

  get lastActiveAt(): number {
    return this.session.record.lastActiveAt;
  }

  reclaim(): void {
    this.onReclaim(this);
  }
}
