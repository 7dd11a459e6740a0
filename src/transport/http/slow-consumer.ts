import { Budget, Share } from '../../kernel/budget.js';

/** Bytes that may wait for one client that does not read; beyond, its connection is closed. */
const MAX = 16 * 1024 * 1024;
/** While all buffers together are over their limit: bytes that may wait, and milliseconds that more may take. */
const PRESSED = { bytes: 64 * 1024, patience: 1_000 };

/** What one connection has accepted and its client has not taken yet. */
export class SlowConsumer {
  private readonly share: Share;
  /** When it was found to be much, 0 while it is not. */
  private muchSince = 0;

  /** @param max bytes; for feeds infinite, since who writes to them stops by himself */
  constructor(
    private readonly budget: Budget,
    private readonly max = MAX,
  ) {
    this.share = budget.share();
  }

  /**
   * @param bytes waiting now
   * @returns whether that is too much: a large message is not, a client that does not read it is
   */
  note(bytes: number): boolean {
    this.share.set(bytes);
    if (bytes <= PRESSED.bytes) this.muchSince = 0;
    else this.muchSince ||= performance.now();
    const stuck = this.muchSince > 0 && performance.now() - this.muchSince > PRESSED.patience;
    return bytes > this.max || (stuck && this.budget.spent);
  }
}
