/**
 * Bytes that the buffers of the whole process may hold: what is kept for replay, what clients have not taken yet, what is
 * being read. A limit for each of them alone would allow ten thousand times as much.
 */
export class Budget {
  private held = 0;

  constructor(readonly limit: number) {}

  get used(): number {
    return this.held;
  }

  /** Everybody must do with less now. */
  get spent(): boolean {
    return this.held >= this.limit;
  }

  share(): Share {
    let mine = 0;
    return {
      set: bytes => {
        this.held += bytes - mine;
        mine = bytes;
      },
    };
  }
}

/** One buffer's part, kept up to date by the buffer; 0 when it is gone. */
export interface Share {
  set(bytes: number): void;
}
