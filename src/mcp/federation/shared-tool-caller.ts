import { Clock } from '../../kernel/clock.js';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { skipSpace } from '../../kernel/json-rpc/json-text.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Limits } from '../../kernel/ports/access.js';
import { ToolCall, ToolCaller, ToolClient } from '../../kernel/ports/tool-caller.js';
import { Router } from '../../routing/router.js';
import { Counters } from '../../telemetry/counters.js';
import { clientOf } from '../client-key.js';
import { RequestDispatcher } from '../upstream/request-dispatcher.js';
import { UpstreamSessions } from '../upstream/upstream-sessions.js';
import { PLAIN_PROFILE } from './client-profile.js';
import { SharedUpstream, SharedUpstreamUser } from './shared-upstream.js';
import { SharedUpstreams } from './shared-upstreams.js';
import { ToolCallConnection } from './tool-call-connection.js';

export interface SharedToolCallerParts {
  router: Router;
  sharedUpstreams: SharedUpstreams;
  upstreams: UpstreamSessions;
  dispatcher: RequestDispatcher;
  limits: Limits;
  /** Whether no new calls are taken. */
  isDraining: () => boolean;
}

/**
 * Calls tools by the link that sessions of the plainest profile share, also where a unit's leases are exclusive: a link
 * for each of many clients would exhaust its pools. What tells the clients apart is the scope of their calls.
 */
export class SharedToolCaller extends ToolCaller {
  /** Those with calls under way, by unit and scope. */
  private readonly users = new Map<string, ToolUser>();
  private lastId = 0;

  constructor(
    private readonly parts: SharedToolCallerParts,
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {
    super();
  }

  async call(client: ToolClient, { unit, tool, data }: ToolCall): Promise<string> {
    if (data[skipSpace(data, 0)] !== '{')
      throw new GatewayError('invalid_message', 'The data must be an object: it is the arguments of a tool.');
    const { router, sharedUpstreams } = this.parts;
    const [sharedUpstream] = sharedUpstreams.directory([router.unit(unit)], PLAIN_PROFILE).sharedUpstreams;
    const user = this.enter(client, sharedUpstream!);
    const connection = new ToolCallConnection(client, answer => this.send(user, answer, connection));
    const meta = JSON.stringify({ 'viable/client_id': client.clientId });
    const params = `{"name":${JSON.stringify(tool)},"arguments":${data},"_meta":${meta}}`;
    const text = `{"jsonrpc":"2.0","id":${++this.lastId},"method":"tools/call","params":${params}}`;
    this.request(user, JsonRpcMessage.parse(text), connection);
    try {
      return await connection.answer;
    } finally {
      this.leave(user);
    }
  }

  private request(user: ToolUser, frame: JsonRpcMessage, connection: ToolCallConnection): void {
    const { dispatcher, limits, isDraining } = this.parts;
    try {
      if (isDraining()) throw new GatewayError('draining', undefined, 1_000);
      limits.request(user.client);
    } catch (thrown) {
      return dispatcher.refuse(frame, connection, toGatewayError(thrown));
    }
    const { own } = this.counters;
    own.begin(this.clock);
    this.send(user, frame, connection);
    own.end();
  }

  private send({ sharedUpstream, scope }: ToolUser, frame: JsonRpcMessage, connection: ToolCallConnection): void {
    this.parts.upstreams.forward(sharedUpstream.upstream, frame, connection, scope);
  }

  private enter(client: ToolClient, sharedUpstream: SharedUpstream): ToolUser {
    const key = keyOf(sharedUpstream, scopeOf(client));
    let user = this.users.get(key);
    if (!user) {
      this.users.set(key, (user = new ToolUser(sharedUpstream, scopeOf(client), clientOf(client, client.label))));
      sharedUpstream.join(user);
    }
    user.calls++;
    return user;
  }

  /** A user without calls is none: its unit's link may be given up, and nobody needs to tell when its session ends. */
  private leave(user: ToolUser): void {
    if (--user.calls > 0) return;
    this.users.delete(keyOf(user.sharedUpstream, user.scope));
    user.sharedUpstream.leave(user);
  }
}

/** A session with calls under way at one unit. It hears nothing but their answers. */
class ToolUser implements SharedUpstreamUser {
  calls = 0;

  constructor(
    readonly sharedUpstream: SharedUpstream,
    readonly scope: string,
    readonly client: string,
  ) {}

  listChanged(): void {}

  overhear(): void {}
}

/** No MCP session's id is of this form. */
function scopeOf({ session }: ToolClient): string {
  return `push ${session}`;
}

function keyOf({ unit }: SharedUpstream, scope: string): string {
  return `${unit}\n${scope}`;
}
