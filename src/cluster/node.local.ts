import { GatewayError } from '../kernel/errors.js';
import { Node, NodeState } from '../kernel/ports/node.js';

/** What stops taking work in, and takes it again. */
export interface Drainable {
  startDrain(): void;
  endDrain(): void;
}

/** The one process there is. */
export class LocalNode extends Node {
  /** Ends the process in order; set by whoever started it. */
  end: () => void = () => undefined;
  private draining = false;
  private stopping = false;

  constructor(private readonly parts: readonly Drainable[]) {
    super();
  }

  get state(): NodeState {
    return { draining: this.draining, stopping: this.stopping };
  }

  drain(): void {
    this.draining = true;
    for (const part of this.parts) part.startDrain();
  }

  resume(): void {
    if (this.stopping) throw new GatewayError('conflict', 'The process is ending already.');
    this.draining = false;
    for (const part of this.parts) part.endDrain();
  }

  stop(): void {
    if (this.stopping) return;
    this.leave();
    this.end();
  }

  /** The process is ending, whoever wanted that: nobody takes it back. */
  leave(): void {
    this.stopping = true;
    this.drain();
  }
}
