import { CloseReason } from '../kernel/ports/close-reason.js';
import { Connection } from '../kernel/ports/connection.js';
import { GatewayError } from '../kernel/errors.js';
import { JsonRpcMessage } from '../kernel/json-rpc/message.js';
import { McpInbound, SessionHandle } from '../kernel/ports/mcp-inbound.js';
import { locate, skipSpace } from '../kernel/json-rpc/json-text.js';
import { LEGACY_VERSIONS } from '../kernel/mcp-versions.js';
import { Principal } from '../kernel/ports/access.js';

const GATEWAY: Principal = { id: 'gateway', anonymous: true };
const CLIENT = { name: 'viable', version: '1' };

interface Waiting {
  resolve(answer: JsonRpcMessage): void;
  reject(why: GatewayError): void;
}

/** The gateway as an MCP client of one unit, with a session like any other; a session that has ended is begun anew. */
export class ToolCaller extends Connection {
  readonly transport = 'internal';
  readonly attached = true;
  readonly buffered = 0;
  private session: Promise<SessionHandle> | undefined;
  private readonly waiting = new Map<string, Waiting>();
  private lastId = 0;

  constructor(
    private readonly intake: McpInbound,
    private readonly unit: string,
  ) {
    super();
  }

  /** @see ToolCalls.call */
  async call(tool: string, data: string, clientId: string): Promise<string> {
    if (data[skipSpace(data, 0)] !== '{')
      throw new GatewayError('invalid_message', 'The data must be an object: it is the arguments of a tool.');
    const session = await this.meet();
    const meta = JSON.stringify({ 'viable/client_id': clientId });
    const params = `{"name":${JSON.stringify(tool)},"arguments":${data},"_meta":${meta}}`;
    const { text } = await this.ask(session, 'tools/call', params);
    for (const hubConnection of ['result', 'error']) {
      const span = locate(text, 0, [hubConnection]);
      if (span) return `"${hubConnection}":${text.slice(span.start, span.end)}`;
    }
    throw new GatewayError('outcome_unknown');
  }

  send(frame: JsonRpcMessage): void {
    if (frame.kind === 'request') return this.reply(frame);
    if (frame.kind !== 'response') return;
    this.waiting.get(frame.id)?.resolve(frame);
    this.waiting.delete(frame.id);
  }

  forget(id: string): void {
    this.waiting.get(id)?.reject(new GatewayError('outcome_unknown'));
    this.waiting.delete(id);
  }

  close(_reason: CloseReason): void {
    this.session = undefined;
    for (const id of [...this.waiting.keys()]) this.forget(id);
  }

  private meet(): Promise<SessionHandle> {
    if (this.session) return this.session;
    const meeting = this.greet();
    this.session = meeting;
    meeting.catch(() => {
      if (this.session === meeting) this.session = undefined;
    });
    return meeting;
  }

  private async greet(): Promise<SessionHandle> {
    const caller = { principal: GATEWAY, address: '127.0.0.1', transport: this.transport, unit: this.unit } as const;
    const session = await this.intake.open(caller, this);
    const joinRequest = { protocolVersion: LEGACY_VERSIONS[0], capabilities: {}, clientInfo: CLIENT };
    const answer = await this.ask(session, 'initialize', JSON.stringify(joinRequest));
    if (answer.isError) {
      this.intake.close(session, 'unit_gone');
      throw new GatewayError('unit_unavailable');
    }
    this.intake.receive(session, JsonRpcMessage.of({ method: 'notifications/initialized' }), this);
    return session;
  }

  private ask(session: SessionHandle, method: string, params: string): Promise<JsonRpcMessage> {
    const id = String(++this.lastId);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      const text = `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
      this.intake.receive(session, JsonRpcMessage.parse(text), this);
    });
  }

  /** Nobody here could answer a unit's question, but for whether anybody is here. */
  private reply({ id, method }: JsonRpcMessage): void {
    const refusal = new GatewayError('unknown_method', 'This client answers no questions.');
    const answer = method === 'ping' ? JsonRpcMessage.result(id, {}) : JsonRpcMessage.error(id, refusal);
    this.session?.then(session => this.intake.receive(session, answer, this)).catch(() => undefined);
  }
}
