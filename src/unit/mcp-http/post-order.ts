import { setTimeout as delay } from 'node:timers/promises';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';

/** Milliseconds that frames wait for a notification before them to be taken. */
const PATIENCE = 5_000;

/**
 * HTTP keeps no order between requests on several sockets, MCP needs some: calls run side by side, but a notification or
 * an answer keeps its place before whatever comes after it. So no call overtakes `notifications/initialized`. For a
 * cancellation nothing has to wait.
 */
export class PostOrder {
  private barrier: Promise<unknown> | undefined;

  /** @param post resolves when the frame was taken, for a request when it was answered */
  async run(frame: JsonRpcMessage, post: () => Promise<void>): Promise<void> {
    const posted = this.barrier ? this.barrier.then(post) : post();
    if (frame.kind !== 'request' && frame.method !== 'notifications/cancelled') this.hold(posted);
    await posted;
  }

  private hold(posted: Promise<void>): void {
    const taken = Promise.race([posted.catch(() => undefined), delay(PATIENCE, undefined, { ref: false })]);
    this.barrier = taken;
    void taken.then(() => {
      if (this.barrier === taken) this.barrier = undefined;
    });
  }
}
