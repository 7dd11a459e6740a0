import { GatewayError } from '../../kernel/errors.js';
import { Dispatch } from './request-dispatcher.js';
import { Evader } from './rebalancer.js';
import { Relay } from './upstream-session.js';

/** Milliseconds that a link has for what it was told last. */
const LAST_WORDS = 1_000;

/** Links that relays have left, with the calls that are in flight there: each is a relay of its own until the last has ended. */
export class Remnants implements Evader {
  constructor(
    private readonly live: Set<Relay>,
    /** Opens a link. */
    private readonly reopen: (relay: Relay) => Promise<void>,
    private readonly dispatch: Dispatch,
  ) {}

  all(): Iterable<Relay> {
    return this.live;
  }

  depart(relay: Relay): void {
    const remnant = relay.split();
    if (remnant.busy) this.live.add(remnant);
    else this.end(remnant);
    // Calls that wait for room at the unit find a link when it is their turn.
    if (relay.queued.size > 0) void this.connect(relay);
  }

  async connect(relay: Relay): Promise<void> {
    if (!relay.ended && !relay.lease && !relay.waiting) await this.reopen(relay);
  }

  /** Nothing is in flight there any more; what it was told last, such as a cancellation, is to arrive. */
  outlived(remnant: Relay): void {
    if (remnant.outlived) return;
    remnant.outlived = true;
    this.live.delete(remnant);
    remnant.heir?.remnants.delete(remnant);
    setTimeout(() => this.end(remnant), LAST_WORDS).unref();
    remnant.lease?.parked();
  }

  end(remnant: Relay): void {
    this.live.delete(remnant);
    remnant.heir?.remnants.delete(remnant);
    remnant.unlink(new GatewayError('session_ended'));
  }

  /** What a remnant has left it is sent again. */
  resume(heir: Relay): void {
    if (!heir.waiting || heir.ended || heir.opening || heir.restoring || heir.verifying) return;
    if (heir.lease) this.dispatch.release(heir);
    else void this.reopen(heir);
  }
}
