import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { LEGACY_VERSIONS } from '../../kernel/mcp-versions.js';
import { Instance, ReplySink, UnitLink } from '../../kernel/ports/unit.js';

const TOOL = {
  name: 'echo',
  description: 'Answers with the message it was given.',
  inputSchema: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
};

const INVALID_PARAMS = { code: -32602, message: 'echo takes {"message": string}.' };

/** A unit inside the gateway with one tool, `echo`: the leanest end point there is, to see the gateway's own cost. */
export class EchoInstance extends Instance {
  readonly id: string;

  constructor(readonly unit: string) {
    super();
    this.id = `${unit}/echo`;
  }

  open(sink: ReplySink): Promise<UnitLink> {
    return Promise.resolve(new EchoLink(sink));
  }
}

class EchoLink extends UnitLink {
  private closed = false;

  constructor(private readonly sink: ReplySink) {
    super();
  }

  send(frame: JsonRpcMessage): void {
    if (this.closed) throw new GatewayError('unit_unavailable');
    if (frame.kind !== 'request') return;
    queueMicrotask(() => {
      if (!this.closed) this.sink.receive(JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":${frame.id},${answer(frame)}}`));
    });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** The `result` or `error` member of the answer. */
function answer(request: JsonRpcMessage): string {
  switch (request.method) {
    case 'initialize':
      return result({
        protocolVersion:
          LEGACY_VERSIONS.find(version => version === request.params.protocolVersion) ?? LEGACY_VERSIONS[0],
        capabilities: { tools: {} },
        serverInfo: { name: 'echo', version: '1.0.0' },
      });
    case 'ping':
      return result({});
    case 'tools/list':
      return result({ tools: [TOOL] });
    case 'tools/call':
      return call(request);
    default:
      return error({ code: -32601, message: `Method not found: ${request.method}` });
  }
}

function call({ params }: JsonRpcMessage): string {
  const text = (params.arguments as { message?: unknown } | undefined)?.message;
  if (params.name !== TOOL.name || typeof text !== 'string') return error(INVALID_PARAMS);
  return result({ content: [{ type: 'text', text }] });
}

function result(value: object): string {
  return `"result":${JSON.stringify(value)}`;
}

function error(value: object): string {
  return `"error":${JSON.stringify(value)}`;
}
