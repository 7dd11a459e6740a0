import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks';
import { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequest,
  CreateMessageRequestSchema,
  CreateTaskResult,
  ElicitRequest,
  ElicitRequestSchema,
  ElicitResult,
  JSONRPCMessage,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { WebSocket } from 'ws';
import { RunningGateway } from './gateway.js';

// Node 20 has no WebSocket of its own, and the SDK's transport takes the global one.
globalThis.WebSocket ??= WebSocket as never;

export type Urls = Pick<RunningGateway, 'mcpUrl' | 'sseUrl' | 'wsUrl'>;

/** One of the gateway's doors, and the SDK's transport for it. */
export interface Door {
  door: 'Streamable HTTP' | 'HTTP+SSE' | 'WebSocket';
  url(urls: Urls): string;
  transport(url: URL, fetch: FetchLike): Transport;
}

/** So that a stream which the SDK wants to go on with is asked for at once, and not after a second. */
const reconnectionOptions = {
  initialReconnectionDelay: 10,
  maxReconnectionDelay: 100,
  reconnectionDelayGrowFactor: 2,
  maxRetries: 2,
};

export const DOORS: readonly Door[] = [
  {
    door: 'Streamable HTTP',
    url: urls => urls.mcpUrl,
    transport: (url, fetch) => new StreamableHTTPClientTransport(url, { fetch, reconnectionOptions }),
  },
  { door: 'HTTP+SSE', url: urls => urls.sseUrl, transport: url => new SSEClientTransport(url) },
  { door: 'WebSocket', url: urls => urls.wsUrl, transport: url => new WebSocketClientTransport(url) },
];

/**
 * Not worth a complaint: the SDK handles a notification a moment after it came and an answer at once, so progress that
 * comes in one read with the answer of its call finds its handler gone. What came, and when, is in `received`.
 */
const LATE_PROGRESS = /^Received a progress notification for an unknown token/;

/**
 * The SDK's client with a name. Whatever a server asks it, it answers with that name, and it keeps what it was asked
 * and told; so a question, a notification or an answer that went to the wrong client shows.
 */
export class NamedClient {
  readonly client: Client;
  /** The prompts it was asked to sample. */
  readonly sampled: string[] = [];
  /** The messages with which it was asked to elicit. */
  readonly elicited: string[] = [];
  /** How many times it was asked for its roots. */
  rootsAsked = 0;
  /** The data of the log notifications it got. */
  readonly logged: unknown[] = [];
  /** The resources it was told have changed. */
  readonly updated: string[] = [];
  /** What it sent, and what came once it was initialized, in order. */
  readonly sent: JSONRPCMessage[] = [];
  readonly received: JSONRPCMessage[] = [];
  /** What the SDK complained of: answers, notifications and streams it could make no sense of. */
  readonly complaints: string[] = [];
  private readonly tasks = new InMemoryTaskStore();
  private closing = false;

  private constructor(
    readonly name: string,
    private readonly transport: Transport,
    /** The statuses with which its attempts to go on with a stream were answered; Streamable HTTP only. */
    readonly resumed: readonly number[],
  ) {
    this.client = new Client(
      { name, version: '1.0.0' },
      {
        capabilities: {
          sampling: {},
          elicitation: { form: {}, url: {} },
          roots: { listChanged: true },
          tasks: { requests: { elicitation: { create: {} }, sampling: { createMessage: {} } } },
        },
        taskStore: this.tasks,
      },
    );
    this.client.onerror = error => this.complain(error);
    this.answer();
    this.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      this.logged.push(params.data);
    });
    this.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      this.updated.push(params.uri);
    });
  }

  static async connect(name: string, door: Door, urls: Urls, query = ''): Promise<NamedClient> {
    const resumed: number[] = [];
    const transport = door.transport(new URL(door.url(urls) + query), async (url, init) => {
      const response = await fetch(url, init);
      if (new Headers(init?.headers).has('last-event-id')) resumed.push(response.status);
      return response;
    });
    const named = new NamedClient(name, transport, resumed);
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      named.sent.push(message);
      return send(message, options);
    };
    await named.client.connect(transport);
    const receive = transport.onmessage!;
    transport.onmessage = (message: JSONRPCMessage, extra) => {
      named.received.push(message);
      receive(message, extra);
    };
    return named;
  }

  /** The text of a tool's answer. */
  async call(tool: string, args: Record<string, unknown> = {}): Promise<string> {
    return textOf(await this.client.callTool({ name: tool, arguments: args }));
  }

  /** How many questions it was asked, of each kind. */
  get asked(): { sampled: number; elicited: number; roots: number } {
    return { sampled: this.sampled.length, elicited: this.elicited.length, roots: this.rootsAsked };
  }

  /** Leaves for good; on Streamable HTTP that takes a DELETE. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.transport instanceof StreamableHTTPClientTransport) await this.transport.terminateSession();
    await this.client.close();
    this.tasks.cleanup();
  }

  private answer(): void {
    this.client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
      this.sampled.push(promptOf(params));
      const text = `sampled by ${this.name}`;
      return { model: `${this.name}'s model`, role: 'assistant', content: { type: 'text', text } };
    });
    this.client.setRequestHandler(
      ElicitRequestSchema,
      async ({ params }, { taskStore }): Promise<ElicitResult | CreateTaskResult> => {
        this.elicited.push(params.message);
        const answer = this.elicitation(params);
        if (!params.task) return answer;
        const task = await taskStore!.createTask({ ttl: params.task.ttl });
        await taskStore!.storeTaskResult(task.taskId, 'completed', answer);
        return { task };
      },
    );
    this.client.setRequestHandler(ListRootsRequestSchema, () => {
      this.rootsAsked++;
      return { roots: [{ uri: `file:///home/${encodeURIComponent(this.name)}`, name: `root of ${this.name}` }] };
    });
  }

  /** Its name in every field of a form, and in `_meta`, the only place a URL elicitation's answer has for it. */
  private elicitation(params: ElicitRequest['params']): ElicitResult {
    const _meta = { answeredBy: this.name };
    if (params.mode === 'url') return { action: 'accept', _meta };
    const { properties } = params.requestedSchema;
    const asked = ['name', 'interpretation'].filter(field => field in properties);
    return { action: 'accept', content: Object.fromEntries(asked.map(field => [field, this.name])), _meta };
  }

  private complain({ message }: Error): void {
    if (!this.closing && !LATE_PROGRESS.test(message)) this.complaints.push(message);
  }
}

/** The text in the content of a tool's answer. */
export function textOf(result: unknown): string {
  const { content } = result as { content: { type: string; text?: string }[] };
  return content.map(({ text }) => text ?? '').join('\n');
}

function promptOf({ messages }: CreateMessageRequest['params']): string {
  const content = messages[0]?.content;
  return content && 'text' in content ? String(content.text) : '';
}
