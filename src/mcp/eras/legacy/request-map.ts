import { GatewayError } from '../../../kernel/errors.js';
import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';

/** Where numbers come from. Tables whose answers arrive by one way share one, so that a number says which it is. */
export class Sequence {
  private last = 0;

  next(): number {
    return ++this.last;
  }
}

/** Who counts requests in flight. Told when the tables are as they are afterwards. */
export interface Flight {
  began(): void;
  ended(): void;
}

/** Requests that nobody counts. */
export const UNCOUNTED: Flight = { began: () => undefined, ended: () => undefined };

/** A request that was passed on and has no answer yet. */
export interface Entry<T> {
  /** Id under which it was passed on. */
  readonly number: number;
  /** JSON text of the id its sender gave it. */
  readonly id: string;
  /** JSON text of the progress token its sender gave it. */
  readonly token: string | undefined;
  /** Tells senders apart where several use one table. */
  readonly scope: string;
  /** Where it counts as in flight. */
  readonly flight: Flight;
  /** Whatever the holder wants to find again. */
  readonly context: T;
}

export interface Matched<T> {
  entry: Entry<T>;
  /** The frame with ids and tokens as the other side knows them. */
  frame: JsonRpcMessage;
}

/** How many progress tokens outlive their request; tasks report progress after the request was answered (2025-11-25). */
const MAX_TASK_TOKENS = 256;

/**
 * Requests passed on in one direction between one session and one unit. Each goes on under a number of its own, which
 * also serves as its progress token; nothing is ever looked up outside this table, so no session can reach another's
 * requests whatever ids it makes up.
 */
export class RequestMap<T> {
  private readonly byNumber = new Map<string, Entry<T>>();
  private readonly byId = new Map<string, Entry<T>>();
  private readonly taskTokens = new Map<string, { token: string; scope: string }>();
  private readonly scopes = new Map<string, number>();

  constructor(private readonly sequence = new Sequence()) {}

  get size(): number {
    return this.byNumber.size;
  }

  /** The entry opened last; undefined when nothing is in flight. */
  get newest(): Entry<T> | undefined {
    let last: Entry<T> | undefined;
    for (const entry of this.byNumber.values()) last = entry;
    return last;
  }

  /** Requests of one sender under way. */
  countOf(scope: string): number {
    return scope === '' ? this.size : (this.scopes.get(scope) ?? 0);
  }

  get(number: string): Entry<T> | undefined {
    return this.byNumber.get(number);
  }

  values(): IterableIterator<Entry<T>> {
    return this.byNumber.values();
  }

  /** Whether a request of this sender with this id (JSON text) is under way. */
  has(id: string, scope = ''): boolean {
    return this.byId.has(scope + id);
  }

  /** @throws GatewayError `duplicate_id` */
  open(request: JsonRpcMessage, context: T, scope = '', flight = UNCOUNTED): JsonRpcMessage {
    if (this.has(request.id, scope)) throw new GatewayError('duplicate_id');
    const number = this.sequence.next();
    const token = request.read('requestToken');
    const entry: Entry<T> = { number, id: request.id, token, scope, flight, context };
    const key = String(number);
    if (scope !== '') this.scopes.set(scope, this.countOf(scope) + 1);
    this.byNumber.set(key, entry);
    this.byId.set(scope + entry.id, entry);
    if (token !== undefined && request.params.task !== undefined) this.keepTaskToken(key, { token, scope });
    flight.began();
    return request.rewrite({ id: key, requestToken: token === undefined ? undefined : key });
  }

  /** The answer to a request, under the id its sender gave it; undefined if nothing waits for it. */
  settle(response: JsonRpcMessage): Matched<T> | undefined {
    const entry = this.take(response.id);
    return entry && { entry, frame: response.rewrite({ id: entry.id }) };
  }

  /** Removes the request of this number and returns it. */
  take(number: string): Entry<T> | undefined {
    const entry = this.byNumber.get(number);
    if (entry) this.remove(entry);
    return entry;
  }

  /** `notifications/progress` from the side that works on the request. */
  progress(notification: JsonRpcMessage): { number: string; scope: string; frame: JsonRpcMessage } | undefined {
    const number = notification.read('progressToken');
    if (number === undefined) return undefined;
    const { token, scope } = this.byNumber.get(number) ?? this.taskTokens.get(number) ?? {};
    if (token === undefined) return undefined;
    return { number, scope: scope!, frame: notification.rewrite({ progressToken: token }) };
  }

  /** `notifications/cancelled` from the request's sender: nobody waits for the answer any more. */
  cancel(notification: JsonRpcMessage, scope = ''): Matched<T> | undefined {
    const id = notification.read('requestId');
    const entry = id === undefined ? undefined : this.byId.get(scope + id);
    if (!entry) return undefined;
    this.remove(entry);
    return { entry, frame: notification.rewrite({ requestId: String(entry.number) }) };
  }

  /** Empties the table and returns what was in it. */
  clear(): Entry<T>[] {
    const entries = [...this.byNumber.values()];
    this.byNumber.clear();
    this.byId.clear();
    this.scopes.clear();
    this.taskTokens.clear();
    for (const { flight } of entries) flight.ended();
    return entries;
  }

  private remove(entry: Entry<T>): void {
    this.leave(entry.scope);
    this.byNumber.delete(String(entry.number));
    this.byId.delete(entry.scope + entry.id);
    entry.flight.ended();
  }

  private leave(scope: string): void {
    if (scope === '') return;
    const left = this.countOf(scope) - 1;
    if (left > 0) this.scopes.set(scope, left);
    else this.scopes.delete(scope);
  }

  private keepTaskToken(key: string, token: { token: string; scope: string }): void {
    if (this.taskTokens.size >= MAX_TASK_TOKENS) {
      const [oldest] = this.taskTokens.keys();
      this.taskTokens.delete(oldest!);
    }
    this.taskTokens.set(key, token);
  }
}
