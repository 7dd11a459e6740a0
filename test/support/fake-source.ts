import { GatewayError } from '../../src/kernel/errors.js';
import { JsonRpcMessage } from '../../src/kernel/json-rpc/message.js';
import { Introduction } from '../../src/mcp/federation/capabilities.js';
import { LISTS, ListMethod } from '../../src/mcp/federation/list-methods.js';
import { Source } from '../../src/mcp/federation/unit-catalog.js';

/** A page of a list. @param entries JSON text of each */
export function pageOf(method: ListMethod, entries: readonly string[], nextCursor?: unknown): JsonRpcMessage {
  const more = nextCursor === undefined ? '' : `,"nextCursor":${JSON.stringify(nextCursor)}`;
  return JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"result":{"${LISTS[method]}":[${entries.join(',')}]${more}}}`);
}

/** A unit in memory, where it is what the gateway makes of its lists that is looked at. */
export class FakeSource implements Source {
  wanted = true;
  linked = true;
  capabilities: unknown = { tools: {}, prompts: {}, resources: {} };
  /** What it lists, as JSON text of each entry. */
  readonly lists: Partial<Record<ListMethod, readonly string[]>> = {};
  /** Why it cannot be reached. */
  failure: Error | undefined;
  /** What has been asked, introductions left out. */
  readonly asked: { method: string; params: object }[] = [];
  introduced = 0;
  private gate: Promise<void> | undefined;
  private introductionsHeld = true;

  constructor(readonly unit = 'unit') {}

  /** Answers in another way than with all of `lists` on one page. */
  answer: (method: ListMethod, params: { cursor?: unknown }) => JsonRpcMessage = method =>
    pageOf(method, this.lists[method] ?? []);

  /**
   * From now on nothing is answered until the function that it returns is called.
   * @param introduce whether it does not introduce itself either
   */
  hold(introduce = true): () => void {
    let release!: () => void;
    this.introductionsHeld = introduce;
    this.gate = new Promise(resolve => (release = resolve));
    return () => {
      this.gate = undefined;
      release();
    };
  }

  async introduce(): Promise<Introduction> {
    this.introduced++;
    if (this.introductionsHeld) await this.gate;
    if (this.failure) throw this.failure;
    return { capabilities: this.capabilities };
  }

  /** What it says is what it knew when it was asked. */
  async ask(method: string, params: object): Promise<JsonRpcMessage> {
    this.asked.push({ method, params });
    const answer = this.answer(method as ListMethod, params);
    await this.gate;
    if (this.failure) throw this.failure;
    return answer;
  }
}

export const UNREACHABLE = new GatewayError('unit_unavailable', 'Nobody is there.');
