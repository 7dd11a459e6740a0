import { Draft, isReserved, PRIORITIES, Priority } from '../../kernel/ports/envelope.js';
import { GatewayError } from '../../kernel/errors.js';
import { locate, oneLine, skipSpace } from '../../kernel/json-rpc/json-text.js';
import { Audience, PublishOptions } from '../../kernel/ports/publish.js';
import { isClientId } from '../../kernel/client-id.js';

/** What somebody wants to be published. */
export interface PublishRequest {
  audience: Audience;
  draft: Draft;
  options: PublishOptions;
}

type Json = Readonly<Record<string, unknown>>;

const MESSAGE = ['type', 'payload', 'data', 'event', 'priority', 'id', 'ttl', 'timeout', 'transport'];
const AUDIENCE = ['role', 'scope', 'topic', 'include', 'exclude'];
const TO_ONE = new Set(MESSAGE);
const TO_MANY = new Set([...MESSAGE, ...AUDIENCE]);
const TRANSPORTS = ['auto', 'websocket', 'http_sse'] as const;

/** Characters of a name. */
const LONGEST = 128;
/** Milliseconds. */
const MAX_TIMEOUT = 30_000;
/** Client ids in one list. */
const MAX_IDS = 10_000;
/** Control characters, and the line breaks that JavaScript knows besides: names stand in lines of event streams. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/u;

/**
 * Reads one message of a publisher.
 * @param text JSON text that has been parsed before
 * @param value what it was parsed to
 * @param client to whom; without it, to all that meet what the message says
 * @throws GatewayError `invalid_message`, with what is wrong
 */
export function readPublishRequest(text: string, value: unknown, client?: string): PublishRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it must be an object');
  const message = value as Json;
  const known = client === undefined ? TO_MANY : TO_ONE;
  for (const name of Object.keys(message)) if (!known.has(name)) throw invalid(`${quoted(name)} is not known`);
  const topic = name(message, 'topic');
  return {
    audience: client === undefined ? { ...audienceOf(message), topic } : { include: [client] },
    draft: {
      payload: payloadOf(text, message),
      named: Object.hasOwn(message, 'data') ? 'data' : 'payload',
      id: name(message, 'id'),
      type: name(message, 'type'),
      event: eventOf(message),
      priority: oneOf<Priority>(message, 'priority', PRIORITIES),
      topic,
      ttl: integer(message, 'ttl', Number.MAX_SAFE_INTEGER),
    },
    options: {
      timeout: integer(message, 'timeout', MAX_TIMEOUT),
      transport: oneOf(message, 'transport', TRANSPORTS),
    },
  };
}

function audienceOf(message: Json): Audience {
  return {
    role: name(message, 'role'),
    scope: name(message, 'scope'),
    include: clientIds(message, 'include'),
    exclude: clientIds(message, 'exclude'),
  };
}

/** As it came: what the gateway need not understand it does not rebuild. */
function payloadOf(text: string, message: Json): string {
  const [first, second] = ['payload', 'data'].filter(member => Object.hasOwn(message, member));
  if (first === undefined) throw invalid('"payload" is missing');
  if (second !== undefined) throw invalid('"payload" and "data" are the same: give one of them');
  const { start, end } = locate(text, skipSpace(text, 0), [first])!;
  return oneLine(text.slice(start, end));
}

function eventOf(message: Json): string | undefined {
  const event = name(message, 'event');
  if (event !== undefined && isReserved(event)) throw invalid(`"event" must not be ${quoted(event)}: it is reserved`);
  return event;
}

function name(message: Json, member: string): string | undefined {
  const value = message[member];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST && !UNPRINTABLE.test(value)) return value;
  throw invalid(`"${member}" must be a string of 1 to ${LONGEST} characters, without control characters`);
}

function integer(message: Json, member: string, max: number): number | undefined {
  const value = message[member];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max) return value as number;
  throw invalid(`"${member}" must be an integer from 0 to ${max}, in milliseconds`);
}

function oneOf<T extends string>(message: Json, member: string, allowed: readonly T[]): T | undefined {
  const value = message[member];
  if (value === undefined) return undefined;
  const found = allowed.find(one => one === value);
  if (found === undefined) throw invalid(`"${member}" must be one of ${allowed.map(quoted).join(', ')}`);
  return found;
}

function clientIds(message: Json, member: string): string[] | undefined {
  const value = message[member];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length <= MAX_IDS && value.every(isClientId)) return value;
  throw invalid(`"${member}" must be an array of at most ${MAX_IDS} client ids`);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

function invalid(why: string): GatewayError {
  return new GatewayError('invalid_message', `The message cannot be published: ${why}.`);
}
