import { isClientId } from '../../kernel/client-id.js';
import { GatewayError } from '../../kernel/errors.js';
import { JoinRequest } from './codec.js';
import { isObject, JsonObject } from './json-object.js';
import { limited, MAX_NAME, readList, readNames, wrong } from './name-list.js';

/** Characters of credentials; signed tokens with many claims are long. */
const MAX_TOKEN = 16_384;
/** Columns or rows of a terminal: what a `winsize` can hold. */
const MAX_SIDE = 65_535;
const LISTS = new Set(['topics', 'room', 'scopes', 'window_size', 'capabilities']);

/**
 * The join parameters of docs/WIRE.md, from a query string (every value text) or from JSON. What is null or empty
 * counts as not said, unknown parameters are left out. `last` may be -1: nothing of that epoch dispatched yet.
 * @throws GatewayError `invalid_message` naming the parameter, `client_id_required` for a malformed `client_id`
 */
export function readJoinRequest(params: Readonly<Record<string, unknown>>): JoinRequest {
  const said = unfold(params);
  const topics = [...(names(said, 'topics') ?? []), ...(names(said, 'room') ?? [])];
  return present({
    clientId: clientId(said.client_id),
    token: text(said, 'token', MAX_TOKEN),
    resumeToken: text(said, 'resume_token', MAX_TOKEN),
    epoch: text(said, 'epoch'),
    last: last(said.last),
    acks: flag(said, 'acks'),
    topics: topics.length === 0 ? undefined : limited([...new Set(topics)], 'topics'),
    role: text(said, 'role'),
    scopes: names(said, 'scopes'),
    transport: choice(said, 'transport', ['auto', 'websocket', 'http_sse']),
    session: choice(said, 'session', ['new']),
    debug: flag(said, 'debug'),
    terminalType: text(said, 'terminal_type'),
    windowSize: windowSize(said.window_size),
    capabilities: names(said, 'capabilities'),
  });
}

/**
 * What `b` says overrides what `a` says; topics are united. A new epoch does not keep the position in another one.
 * @throws GatewayError `invalid_message` if both together name too many topics
 */
export function mergeJoinRequest(a: JoinRequest, b: JoinRequest): JoinRequest {
  const merged: JoinRequest = { ...a, ...present(b) };
  if (b.epoch !== undefined && b.epoch !== a.epoch && b.last === undefined && a.epoch !== undefined) delete merged.last;
  const topics = [...new Set([...(a.topics ?? []), ...(b.topics ?? [])])];
  if (topics.length > 0) merged.topics = limited(topics, 'topics');
  return merged;
}

function present(joinRequest: JoinRequest): JoinRequest {
  return Object.fromEntries(Object.entries(joinRequest).filter(([, value]) => value !== undefined));
}

/** Parameters without those that say nothing; `topics[0]=a`, as the Phoenix client writes arrays, under `topics`. */
function unfold(params: JsonObject): JsonObject {
  const said: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(params)) {
    const name = /^(\w+)\[\d*\]$/.exec(key)?.[1];
    if (name !== undefined && LISTS.has(name)) said[name] = [said[name] ?? [], value].flat();
    else if (value !== null && (value !== '' || key === 'client_id')) said[key] = value;
  }
  return said;
}

function clientId(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (isClientId(value)) return value;
  throw new GatewayError('client_id_required');
}

function text(said: JsonObject, name: string, max = MAX_NAME): string | undefined {
  const value = said[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length <= max && !/\p{Cc}/u.test(value)) return value;
  return wrong(name, `text of at most ${max} characters, none of them a control character`);
}

function names(said: JsonObject, name: string): string[] | undefined {
  return said[name] === undefined ? undefined : readNames(said[name], name);
}

function flag(said: JsonObject, name: string): boolean | undefined {
  const value = said[name];
  if (value === undefined) return undefined;
  if (value === true || value === 1 || value === 'true' || value === '1') return true;
  if (value === false || value === 0 || value === 'false' || value === '0') return false;
  return wrong(name, 'true or false');
}

function choice<T extends string>(said: JsonObject, name: string, choices: readonly T[]): T | undefined {
  const value = said[name];
  if (value === undefined) return undefined;
  return choices.find(one => one === value) ?? wrong(name, choices.map(one => `"${one}"`).join(' or '));
}

function last(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^(-1|\d{1,16})$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= -1 ? (number as number) : wrong('last', 'a sequence');
}

/** `[80, 24]`, `80x24`, `80,24` or `{"columns": 80, "rows": 24}`. */
function windowSize(value: unknown): readonly [number, number] | undefined {
  if (value === undefined) return undefined;
  const [columns, rows, ...rest] = sides(value).map(side);
  if (columns === undefined || rows === undefined || rest.length > 0) return wrong('window_size', 'columns and rows');
  return [columns, rows];
}

function sides(value: unknown): readonly unknown[] {
  if (isObject(value) && 'columns' in value) return [value.columns, value.rows];
  return readList(typeof value === 'string' ? value.replace('x', ',') : value) ?? [];
}

function side(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && (number as number) >= 0 && (number as number) <= MAX_SIDE
    ? (number as number)
    : undefined;
}
