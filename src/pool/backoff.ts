import { Clock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { Instance } from '../kernel/ports/unit.js';

/** Milliseconds after the first failure, doubled with each further one up to `longest`. */
const DELAY = { first: 100, longest: 5_000 };
/** Share by which a delay varies, so that many gateways do not come back at the same moment. */
const JITTER = 0.2;
/** Milliseconds that a caller waits for the next attempt; if it takes longer, another instance is the better choice. */
const PATIENCE = 1_000;

interface Waiter {
  readonly forced: boolean;
  /** @param probing it is the one attempt whose outcome the others wait for */
  go(probing: boolean): void;
  refuse(why: Error): void;
}

/**
 * Attempts to open links to one instance: all at once while it is well; while it fails one at a time, in the order in
 * which they came, after a delay that grows with each failure in a row.
 */
export class Backoff {
  private failures = 0;
  /** `Clock.elapsed()` of the next attempt. */
  private nextAt = 0;
  private probing = false;
  private readonly queue = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly instance: Instance,
    private readonly clock: Clock,
    /** 0 ≤ random < 1. */
    private readonly random: () => number,
  ) {}

  /** @throws GatewayError `unit_unavailable` when the next attempt is too far off to wait for */
  check(): void {
    if (this.remaining > PATIENCE) throw this.refusal();
  }

  /**
   * A failure of `work` is thrown as it is, at once; it delays the next attempt. What fails because the caller gave up
   * says nothing of the instance.
   * @param forced waits for its turn however long that takes
   * @throws GatewayError `unit_unavailable` without an attempt, the reason of the signal, or what `work` throws
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal, forced = false): Promise<T> {
    const probing = this.failures > 0 && (await this.turn(signal, forced));
    const { failures } = this;
    try {
      signal.throwIfAborted();
      const result = await work();
      this.failures = 0;
      return result;
    } catch (thrown) {
      if (!signal.aborted) this.failed(failures);
      throw thrown;
    } finally {
      if (probing) this.probing = false;
      this.pump();
    }
  }

  private get remaining(): number {
    return this.failures === 0 ? 0 : Math.ceil(this.nextAt - this.clock.elapsed());
  }

  /** @param before failures when the attempt began: those that fail together count once */
  private failed(before: number): void {
    if (this.failures !== before) return;
    this.failures++;
    const delay = Math.min(DELAY.longest, DELAY.first * 2 ** before);
    this.nextAt = this.clock.elapsed() + delay * (1 - JITTER + 2 * JITTER * this.random());
  }

  private turn(signal: AbortSignal, forced: boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = (): void => {
        this.queue.delete(waiter);
        signal.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        waiter.refuse(signal.reason as Error);
        this.pump();
      };
      const waiter: Waiter = {
        forced,
        go: probing => {
          leave();
          resolve(probing);
        },
        refuse: why => {
          leave();
          reject(why);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.queue.add(waiter);
      this.pump();
    });
  }

  /** Lets those go whose turn it is, and comes back when the next one's is. */
  private pump(): void {
    clearTimeout(this.timer);
    if (this.failures === 0) for (const waiter of this.queue) waiter.go(false);
    if (this.probing) return;
    const { remaining } = this;
    if (remaining > PATIENCE) for (const waiter of this.queue) if (!waiter.forced) waiter.refuse(this.refusal());
    const [first] = this.queue;
    if (!first) return;
    if (remaining > 0) {
      this.timer = setTimeout(() => this.pump(), remaining);
    } else {
      this.probing = true;
      first.go(true);
    }
  }

  private refusal(): GatewayError {
    const { instance, failures, remaining } = this;
    const detail = `"${instance.id}" failed ${failures} times in a row; next attempt in ${remaining} ms.`;
    return new GatewayError('unit_unavailable', detail, remaining);
  }
}
