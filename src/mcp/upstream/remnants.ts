import { GatewayError } from '../../kernel/errors.js';
import { RequestDispatcher } from './request-dispatcher.js';
import { Evader } from './rebalancer.js';
import { UpstreamSession } from './upstream-session.js';

/** Milliseconds that a link has for what it was told last. */
const LAST_WORDS = 1_000;

/** Links that relays have left, with the calls that are in flight there: each is a relay of its own until the last has ended. */
export class Remnants implements Evader {
  constructor(
    private readonly live: Set<UpstreamSession>,
    /** Opens a link. */
    private readonly reopen: (upstream: UpstreamSession) => Promise<void>,
    private readonly dispatcher: RequestDispatcher,
  ) {}

  all(): Iterable<UpstreamSession> {
    return this.live;
  }

  depart(upstream: UpstreamSession): void {
    const remnant = upstream.split();
    if (remnant.busy) this.live.add(remnant);
    else this.end(remnant);
    // Calls that wait for room at the unit find a link when it is their turn.
    if (upstream.queued.size > 0) void this.connect(upstream);
  }

  async connect(upstream: UpstreamSession): Promise<void> {
    if (!upstream.ended && !upstream.lease && !upstream.waiting) await this.reopen(upstream);
  }

  /** Nothing is in flight there any more; what it was told last, such as a cancellation, is to arrive. */
  outlived(remnant: UpstreamSession): void {
    if (remnant.outlived) return;
    remnant.outlived = true;
    this.live.delete(remnant);
    remnant.heir?.remnants.delete(remnant);
    setTimeout(() => this.end(remnant), LAST_WORDS).unref();
    remnant.lease?.parked();
  }

  end(remnant: UpstreamSession): void {
    this.live.delete(remnant);
    remnant.heir?.remnants.delete(remnant);
    remnant.unlink(new GatewayError('session_ended'));
  }

  /** What a remnant has left it is sent again. */
  resume(heir: UpstreamSession): void {
    if (!heir.waiting || heir.ended || heir.opening || heir.restoring || heir.verifying) return;
    if (heir.lease) this.dispatcher.release(heir);
    else void this.reopen(heir);
  }
}
