import { stat } from 'node:fs/promises';
import { PolicyReader } from '../../kernel/ports/policy.js';
import { PolicyStore } from './policy-store.js';

/** Milliseconds between looks at the file. */
const LOOK = 500;

/**
 * Watches the policy file by asking for its state, which goes through symbolic links: files that are replaced by others,
 * and links that are led elsewhere, as Kubernetes does with ConfigMaps, differ in that too. A change is taken when
 * the file has been the same for two looks, so that one that is being written is not read.
 */
export class PolicyFile {
  private timer: NodeJS.Timeout | undefined;
  /** The state of the file that was read last, and that of the last look. */
  private read = '';
  private seen = '';
  private looking = false;

  constructor(
    private readonly path: string,
    private readonly reader: PolicyReader,
    private readonly book: PolicyStore,
  ) {}

  /** What is there now counts as read, if it is what was there when the book was begun: a change is taken at the next look. */
  start(every = LOOK): void {
    this.timer = setInterval(() => void this.look(), every);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One look. Nothing thrown. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const now = await stateOf(this.path);
      const settled = now === this.seen;
      this.seen = now;
      if (settled && now !== this.read) this.take(now);
    } finally {
      this.looking = false;
    }
  }

  private take(state: string): void {
    const first = this.read === '';
    this.read = state;
    try {
      const policy = this.reader.read(this.path);
      // The first look finds what the gateway has begun with, unless it was changed meanwhile.
      if (first && JSON.stringify(policy) === JSON.stringify(this.book.policy)) return;
      this.book.replace(policy, this.path, 'the policy file has changed');
    } catch (thrown) {
      this.book.reject(this.path, (thrown as Error).message);
    }
  }
}

/** What tells one content from another: never empty. */
async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
