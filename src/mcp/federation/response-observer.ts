import { CloseReason } from '../../kernel/ports/close-reason.js';
import { Connection, TransportName } from '../../kernel/ports/connection.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';

/** A connection whose answer the gateway looks at on its way. */
export class ResponseObserver extends Connection {
  constructor(
    private readonly to: Connection,
    private readonly onAnswer: (answer: JsonRpcMessage) => void,
  ) {
    super();
    this.clientJournal = to.clientJournal;
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

  send(frame: JsonRpcMessage): void {
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
