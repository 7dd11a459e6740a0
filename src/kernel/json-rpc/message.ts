import { GatewayError } from '../errors.js';
import { applyEdits, Edit, elements, locate, members, oneLine, skipSpace, Span } from './json-text.js';
import { parseJson } from './parse-json.js';

export type JsonRpcKind = 'request' | 'notification' | 'response';

/** What may be put in place of the original; each value is JSON text, such as `7` or `"abc"`. */
export interface Rewrite {
  id?: string;
  /** `params._meta.progressToken` of a request. */
  requestToken?: string;
  /** `params.progressToken` of `notifications/progress`. */
  progressToken?: string;
  /** `params.requestId` of `notifications/cancelled`. */
  requestId?: string;
  /** `params.name` of a tool or prompt. */
  name?: string;
  /** `params.ref.name` of `completion/complete`. */
  refName?: string;
}

const PATHS = {
  requestToken: ['params', '_meta', 'progressToken'],
  progressToken: ['params', 'progressToken'],
  requestId: ['params', 'requestId'],
  name: ['params', 'name'],
  refName: ['params', 'ref', 'name'],
} as const;

const REWRITABLE = Object.keys(PATHS) as (keyof typeof PATHS)[];

type Json = Readonly<Record<string, unknown>>;

/**
 * One JSON-RPC 2.0 message: the text as it came, checked, with a parsed view to read from. It is never rebuilt from the
 * view, so what the gateway does not know passes unchanged. Ids and tokens are kept as JSON text for the same reason.
 */
export class JsonRpcMessage {
  private constructor(
    /** One line of JSON. */
    readonly text: string,
    readonly kind: JsonRpcKind,
    /** JSON text of the id; empty for notifications and for error responses without one. */
    readonly id: string,
    /** Empty for responses. */
    readonly method: string,
    /** For reading only. */
    readonly view: Json,
    /** Where the id stands, if that is known; a rewritten text is looked through again. */
    private readonly idSpan: Span | undefined,
  ) {}

  /**
   * @throws GatewayError `parse_error` (JSON-RPC -32700), `invalid_request` (-32600)
   */
  static parse(text: string): JsonRpcMessage {
    const frames = JsonRpcMessage.decode(text);
    if (frames.batch) throw new GatewayError('invalid_request', 'A batch is not allowed here.');
    return frames[0]!;
  }

  /** One message or, with `batch` set, the messages of a JSON-RPC batch (MCP 2025-03-26 only; the caller decides). */
  static decode(text: string): JsonRpcMessage[] & { batch: boolean } {
    const value = parseJson(text);
    const line = oneLine(text);
    if (!Array.isArray(value)) return Object.assign([JsonRpcMessage.from(line, value)], { batch: false });
    if (value.length === 0) throw new GatewayError('invalid_request', 'A batch must hold at least one message.');
    const spans = [...elements(line, skipSpace(line, 0))];
    const frames = spans.map(({ start, end }, i) => JsonRpcMessage.from(line.slice(start, end), value[i]));
    return Object.assign(frames, { batch: true });
  }

  /** A message of the gateway's own. */
  static of(message: object): JsonRpcMessage {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    return JsonRpcMessage.from(text, JSON.parse(text));
  }

  /** A success response whose result is JSON text of the gateway's own: it is taken as it is, and cannot be read. */
  static answer(id: string, result: string): JsonRpcMessage {
    return new JsonRpcMessage(`{"jsonrpc":"2.0","id":${id},"result":${result}}`, 'response', id, '', {}, undefined);
  }

  /** A success response to the request with this id (JSON text). */
  static result(id: string, result: object): JsonRpcMessage {
    return JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`);
  }

  /** A JSON-RPC error response; `id` is JSON text, empty for a message whose id could not be read. */
  static error(id: string, error: GatewayError): JsonRpcMessage {
    const body = JSON.stringify({ code: error.rpcCode, message: error.message, data: error.body });
    return JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":${id || 'null'},"error":${body}}`);
  }

  /**
   * Refuses a request in which a name that decides where it goes, or who hears of it, stands twice: the unit might take
   * the one that the gateway did not.
   * @throws GatewayError `invalid_request`
   */
  assertUnambiguous(): void {
    const params = locate(this.text, skipSpace(this.text, 0), ['params']);
    const { ref, _meta } = this.membersOnce(params, ['name', 'uri', 'taskId', 'ref', '_meta']);
    this.membersOnce(ref, ['name', 'uri']);
    this.membersOnce(_meta, ['progressToken']);
  }

  /** Where these members of an object stand, found in one pass; none of what is no object. */
  private membersOnce(object: Span | undefined, names: readonly string[]): Record<string, Span | undefined> {
    const found: Record<string, Span | undefined> = {};
    if (!object || this.text[object.start] !== '{') return found;
    for (const { key, start, end } of members(this.text, object.start)) {
      if (!names.includes(key)) continue;
      if (found[key]) throw invalid(`"${key}" stands there twice`);
      found[key] = { start, end };
    }
    return found;
  }

  get params(): Json {
    return asObject(this.view.params);
  }

  /** The `result` of a response, empty if there is none. */
  get result(): Json {
    return asObject(this.view.result);
  }

  get isError(): boolean {
    return this.view.error !== undefined;
  }

  /** JSON text of a value that may be rewritten, undefined where there is none. */
  read(what: keyof typeof PATHS): string | undefined {
    let value: unknown = this.view;
    for (const name of PATHS[what]) value = asObject(value)[name];
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    const span = this.find(what);
    return span && canonical(this.text.slice(span.start, span.end));
  }

  /** The same message with other ids or tokens; a token that is to be replaced must be there. */
  rewrite(change: Rewrite): JsonRpcMessage {
    const edits: Edit[] = [];
    if (change.id !== undefined) edits.push(this.idEdit(change.id));
    for (const name of REWRITABLE) {
      const value = change[name];
      const span = value === undefined ? undefined : this.find(name);
      if (span) edits.push({ ...span, value: value! });
    }
    const text = applyEdits(this.text, edits);
    // Who reads the name afterwards must read the one that is sent.
    const params = change.name === undefined ? undefined : { ...this.params, name: JSON.parse(change.name) as unknown };
    const view = params ? { ...this.view, params } : this.view;
    return new JsonRpcMessage(text, this.kind, change.id ?? this.id, this.method, view, undefined);
  }

  /** An error response may have no id; it gets one in front then. */
  private idEdit(id: string): Edit {
    const span = this.idSpan ?? locate(this.text, skipSpace(this.text, 0), ['id']);
    // Spelt out: a spread here costs several times what all the rest of a rewrite does.
    if (span) return { start: span.start, end: span.end, value: id };
    const start = skipSpace(this.text, 0) + 1;
    return { start, end: start, value: `"id":${id},` };
  }

  private find(what: keyof typeof PATHS): Span | undefined {
    return locate(this.text, skipSpace(this.text, 0), PATHS[what]);
  }

  private static from(text: string, value: unknown): JsonRpcMessage {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is not an object');
    const view = value as Json;
    const idSpan = envelope(text);
    const id = idSpan ? canonical(text.slice(idSpan.start, idSpan.end)) : '';
    if (view.jsonrpc !== '2.0') throw invalid('jsonrpc must be "2.0"');
    if (view.params !== undefined && (typeof view.params !== 'object' || view.params === null)) {
      throw invalid('params must be an object');
    }
    if (typeof view.method === 'string') {
      if (!idSpan) return new JsonRpcMessage(text, 'notification', '', view.method, view, undefined);
      if (!isId(view.id)) throw invalid('id must be a string or an integer');
      return new JsonRpcMessage(text, 'request', id, view.method, view, idSpan);
    }
    if (view.method !== undefined) throw invalid('method must be a string');
    if ((view.result === undefined) === (view.error === undefined)) {
      throw invalid('it has neither a method nor exactly one of result and error');
    }
    if (view.error !== undefined && !idSpan) return new JsonRpcMessage(text, 'response', '', '', view, undefined);
    if (view.error !== undefined && view.id === null) return new JsonRpcMessage(text, 'response', '', '', view, idSpan);
    if (!isId(view.id)) throw invalid('id must be a string or an integer');
    return new JsonRpcMessage(text, 'response', id, '', view, idSpan);
  }
}

const ENVELOPE = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);

/**
 * Where the id stands. Repeated envelope members are refused: two parsers that pick a different one of them would see
 * two different messages, and the gateway would vouch for the one it did not read.
 */
function envelope(text: string): Span | undefined {
  let id: Span | undefined;
  const seen: string[] = [];
  for (const { key, start, end } of members(text, skipSpace(text, 0))) {
    if (!ENVELOPE.has(key)) continue;
    if (seen.includes(key)) throw invalid(`"${key}" stands there twice`);
    seen.push(key);
    if (key === 'id') id = { start, end };
  }
  return id;
}

function invalid(why: string): GatewayError {
  return new GatewayError('invalid_request', `The message is not valid JSON-RPC 2.0: ${why}.`);
}

function isId(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value));
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** Characters of an id or token; they are kept as long as their request, and longer ones serve nobody. */
const MAX_ID = 1_024;

/**
 * One spelling per id, so that `"a"` and `"\u0061"` are the same; and a copy, because a slice would keep the whole
 * message in memory for as long as its id is remembered.
 */
function canonical(json: string): string {
  if (json.length > MAX_ID) throw invalid(`an id or token is longer than ${MAX_ID} characters`);
  if (json.includes('\\')) return JSON.stringify(JSON.parse(json));
  return json.length < 13 ? json : Buffer.from(json).toString();
}
