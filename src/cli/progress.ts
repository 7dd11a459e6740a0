import cliProgress from 'cli-progress';

/** The stream that bars are drawn on. */
export interface BarSink {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** A bar in a terminal; nothing at all where nobody could see it move. */
export class Progress {
  private readonly bar: cliProgress.SingleBar | undefined;
  private begun = false;

  constructor(
    sink: BarSink,
    private readonly label: string,
  ) {
    if (!sink.isTTY) return;
    this.bar = new cliProgress.SingleBar({
      stream: sink as NodeJS.WritableStream,
      format: '{label} {bar} {note}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
      hideCursor: true,
      gracefulExit: false,
      linewrap: true,
    });
  }

  /** @param note beside the bar, such as what is left */
  show(value: number, total: number, note: string): void {
    const payload = { label: this.label, note };
    if (!this.begun) {
      this.begun = true;
      return this.bar?.start(Math.max(total, 1), value, payload);
    }
    this.bar?.setTotal(Math.max(total, 1));
    this.bar?.update(value, payload);
  }

  /**
   * A bar that fills with time, while something is waited for that says nothing of how far it is.
   * @param expected milliseconds
   */
  async during<T>(work: Promise<T>, expected: number, note: (elapsed: number) => string): Promise<T> {
    const began = Date.now();
    const tick = (): void => {
      const elapsed = Date.now() - began;
      this.show(Math.min(elapsed, expected), expected, note(elapsed));
    };
    tick();
    const timer = setInterval(tick, 100);
    try {
      return await work;
    } finally {
      clearInterval(timer);
      this.end();
    }
  }

  end(): void {
    if (this.begun) this.bar?.stop();
  }
}
