import { CloseReason } from '../../kernel/ports/close-reason.js';
import { Connection, TransportName } from '../../kernel/ports/connection.js';
import { Frame } from '../../kernel/json-rpc/message.js';

/** A connection whose answer the gateway looks at on its way. */
export class Tap extends Connection {
  constructor(
    private readonly to: Connection,
    private readonly onAnswer: (answer: Frame) => void,
  ) {
    super();
    this.witness = to.witness;
  }

  get transport(): TransportName {
    return this.to.transport;
  }

  get attached(): boolean {
    return this.to.attached;
  }

  get buffered(): number {
    return this.to.buffered;
  }

  send(frame: Frame): void {
    if (frame.kind === 'response') this.onAnswer(frame);
    this.to.send(frame);
  }

  forget(id: string): void {
    this.to.forget(id);
  }

  close(reason: CloseReason): void {
    this.to.close(reason);
  }
}
