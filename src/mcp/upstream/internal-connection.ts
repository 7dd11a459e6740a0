import { Connection } from '../../kernel/ports/connection.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';

/** A request of the gateway's own to a unit: the connection that its answer comes to. */
export class InternalConnection extends Connection {
  readonly transport = 'internal';
  /** No client waits for it. */
  readonly attached = false;
  readonly buffered = 0;
  private settle!: (answer: JsonRpcMessage) => void;
  /** Resolves with the answer, an error included; with an error of ours where none comes. */
  readonly answer = new Promise<JsonRpcMessage>(resolve => (this.settle = resolve));

  send(frame: JsonRpcMessage): void {
    if (frame.kind === 'response') this.settle(frame);
  }

  forget(): void {}

  close(): void {}
}
