/** Does the same again and again, as a client does; what fails is tried again. */
export class Repeated {
  /** How often it came to its end in order. */
  done = 0;
  private going = true;
  private readonly over: Promise<void>;

  constructor(step: () => Promise<unknown>) {
    this.over = this.run(step);
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.over;
  }

  private async run(step: () => Promise<unknown>): Promise<void> {
    while (this.going) {
      try {
        await step();
        this.done++;
      } catch {
        // What is there to be shown fails clients.
      }
      // Where each step fails at once, others have their turn.
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
}
