import { GatewayError } from '../../../kernel/errors.js';
import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';

/** Id of the `initialize` request at the unit; calls are numbered from 1. */
const ID = '0';

/** One `initialize` under way at one instance: it ends with the unit's answer, its death, its client's, or the time limit. */
export class LegacyHandshake {
  private state: 'under_way' | 'answered' | 'failed' = 'under_way';
  private settle!: { resolve: () => void; reject: (why: GatewayError) => void };
  private readonly abort = new AbortController();
  private readonly timer: NodeJS.Timeout;
  /** Resolves with the unit's answer, rejects with whatever else ends the handshake. */
  readonly done: Promise<void>;

  constructor(
    /** JSON text of the id that the client gave its request. */
    private readonly id: string,
    /** Milliseconds. */
    timeout: number,
  ) {
    this.done = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.done.catch(() => undefined);
    const late = `The unit did not answer initialize within ${timeout} ms.`;
    this.timer = setTimeout(() => this.fail(new GatewayError('unit_timeout', late)), timeout);
  }

  get underWay(): boolean {
    return this.state === 'under_way';
  }

  get failed(): boolean {
    return this.state === 'failed';
  }

  /** Aborted when the handshake fails. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** The request as the unit gets it. */
  outgoing(request: JsonRpcMessage): JsonRpcMessage {
    return request.rewrite({ id: ID });
  }

  /** The awaited answer, under the id of the client; undefined for any other frame. */
  take(frame: JsonRpcMessage): JsonRpcMessage | undefined {
    if (!this.underWay || frame.kind !== 'response' || frame.id !== ID) return undefined;
    this.end('answered');
    this.settle.resolve();
    return frame.rewrite({ id: this.id });
  }

  /** A unit may ping before it is initialized (MCP, lifecycle); the client cannot answer yet, so the gateway does. */
  answerEarly({ id, method }: JsonRpcMessage): JsonRpcMessage {
    const early = new GatewayError('not_initialized', 'The client is not initialized yet.');
    return method === 'ping' ? JsonRpcMessage.result(id, {}) : JsonRpcMessage.error(id, early);
  }

  /** Whether the handshake was still under way. */
  fail(why: GatewayError): boolean {
    if (!this.underWay) return false;
    this.end('failed');
    this.settle.reject(why);
    this.abort.abort(why);
    return true;
  }

  private end(state: 'answered' | 'failed'): void {
    this.state = state;
    clearTimeout(this.timer);
  }
}
