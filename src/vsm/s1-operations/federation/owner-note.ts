import { CloseReason } from '../../../kernel/close-reason.js';
import { Connection, TransportName } from '../../../kernel/connection.js';
import { Frame } from '../../../kernel/frame.js';
import { asObject } from '../../../protocol/mcp/federation/profile.js';

/** The connection of a call that makes a task (MCP 2025-11-25): notes on the way back which task it became. */
export class OwnerNote extends Connection {
  constructor(
    private readonly to: Connection,
    private readonly onTask: (taskId: string) => void,
  ) {
    super();
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
    const { taskId } = asObject(frame.result.task);
    if (typeof taskId === 'string' && taskId.length <= 1_024) this.onTask(taskId);
    this.to.send(frame);
  }

  forget(id: string): void {
    this.to.forget(id);
  }

  close(reason: CloseReason): void {
    this.to.close(reason);
  }
}
