import { Position } from './protocol.js';

/** Keeps text across page loads; `sessionStorage` has the shape, apart from its names. */
export interface ViableStorage {
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  set(key: string, value: string): unknown;
}

/** What a client must know to go on where it was: its resume token, and what it has dispatched. */
export class ResumeState {
  token: string | undefined;
  position: Position | undefined;
  private readonly key: string;

  /** @param onError the storage failed; the client goes on without */
  constructor(
    clientId: string,
    private readonly storage: ViableStorage | undefined,
    private readonly onError: (error: unknown) => void,
  ) {
    this.key = `viable:${clientId}`;
  }

  /** Never rejects. */
  async load(): Promise<void> {
    try {
      const text = await this.storage?.get(this.key);
      if (!text) return;
      const { token, epoch, last } = JSON.parse(text) as Record<string, unknown>;
      if (typeof token === 'string') this.token = token;
      if (typeof epoch === 'string' && Number.isSafeInteger(last)) this.position = { epoch, last: last as number };
    } catch (error) {
      this.onError(error);
    }
  }

  /** What a storage that answers later fails at is told too. Never throws. */
  save(): void {
    if (!this.storage) return;
    try {
      const kept = this.storage.set(this.key, JSON.stringify({ token: this.token, ...this.position }));
      if (kept instanceof Promise) kept.catch(this.onError);
    } catch (error) {
      this.onError(error);
    }
  }
}
