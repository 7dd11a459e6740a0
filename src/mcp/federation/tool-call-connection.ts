import { GatewayError } from '../../kernel/errors.js';
import { locate } from '../../kernel/json-rpc/json-text.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Connection, TransportName } from '../../kernel/ports/connection.js';
import { ToolClient } from '../../kernel/ports/tool-caller.js';

/** What one call for a client that speaks no MCP is answered through. */
export class ToolCallConnection extends Connection {
  readonly transport: TransportName;
  readonly attached = true;
  readonly buffered = 0;
  private resolve!: (answer: string) => void;
  private reject!: (why: GatewayError) => void;
  /** The member `"result":…` or `"error":…` of the answer. */
  readonly answer = new Promise<string>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  /** @param respond takes the answer to a question of the unit */
  constructor(
    { transport, journal }: ToolClient,
    private readonly respond: (answer: JsonRpcMessage) => void,
  ) {
    super();
    this.transport = transport;
    this.clientJournal = journal;
  }

  send(frame: JsonRpcMessage): void {
    if (frame.kind === 'request') return queueMicrotask(() => this.respond(answerTo(frame)));
    if (frame.kind !== 'response') return;
    const member = ['result', 'error'].map(name => memberOf(frame.text, name)).find(found => found !== undefined);
    if (member === undefined) this.reject(new GatewayError('outcome_unknown'));
    else this.resolve(member);
  }

  forget(): void {
    this.reject(new GatewayError('outcome_unknown'));
  }

  close(): void {
    this.forget();
  }
}

/** Nobody here could answer a unit's question, but for whether anybody is here. */
function answerTo({ id, method }: JsonRpcMessage): JsonRpcMessage {
  if (method === 'ping') return JsonRpcMessage.result(id, {});
  return JsonRpcMessage.error(id, new GatewayError('unknown_method', 'This client answers no questions.'));
}

function memberOf(text: string, name: string): string | undefined {
  const span = locate(text, 0, [name]);
  return span && `"${name}":${text.slice(span.start, span.end)}`;
}
