import { PRIORITIES, Priority } from '../../kernel/ports/envelope.js';
import { locate, oneLine, skipSpace } from '../../kernel/json-rpc/json-text.js';
import { Inbound } from './codec.js';
import { JsonObject } from './json-object.js';
import { readNames, wrong } from './name-list.js';

/** UTF-16 units of a type or an id. */
const MAX = 128;

/** What a frame says, whatever the wire: an inbound without what is needed to answer it. */
export type ClientMessage<Kind> = OfKind<Inbound<never>, Kind>;
type OfKind<T, Kind> = T extends { kind: infer K } ? (Kind extends K ? Omit<T, 'kind' | 'ref'> : never) : never;

/**
 * The message that an object makes. Its data is cut out of the text, not rebuilt, so that integers of any size arrive
 * as they were written; without data it is `null`.
 * @param fields the object, parsed
 * @param text the object as it came
 * @throws GatewayError `invalid_message`
 */
export function readMessage(fields: JsonObject, text: string): ClientMessage<'message'> {
  const type = readType(fields.type);
  const id = readId(fields.id, 'id');
  const priority = readPriority(fields.priority);
  const span = locate(text, skipSpace(text, 0), ['data']);
  const data = span ? oneLine(text.slice(span.start, span.end)) : 'null';
  return id === undefined ? { type, data, priority } : { id, type, data, priority };
}

/** @throws GatewayError `invalid_message` */
export function readType(type: unknown): string {
  if (typeof type === 'string' && type.length >= 1 && type.length <= MAX && !/\p{Cc}/u.test(type)) return type;
  return wrong('type', `text of 1 to ${MAX} characters, none of them a control character`);
}

/**
 * An id as text; a whole number is tolerated.
 * @throws GatewayError `invalid_message`
 */
export function readId(value: unknown, parameter: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id === 'string' && id.length >= 1 && id.length <= MAX) return id;
  return wrong(parameter, `text of 1 to ${MAX} characters`);
}

function readPriority(value: unknown): Priority {
  if (value === undefined || value === null) return 'normal';
  return PRIORITIES.find(one => one === value) ?? wrong('priority', '"high", "normal" or "low"');
}

/**
 * An acknowledgement of all up to a sequence, or of one message; whether it was ever sent is judged elsewhere.
 * @throws GatewayError `invalid_message`
 */
export function readAck(fields: JsonObject): ClientMessage<'ack'> {
  const { sequence } = fields;
  const id = readId(fields.msg_id, 'msg_id');
  if ((sequence === undefined) === (id === undefined)) return wrong('sequence', 'there, or else "msg_id"');
  if (id !== undefined) return { id };
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0) return wrong('sequence', 'a sequence');
  const epoch = readId(fields.epoch, 'epoch');
  return epoch === undefined ? { sequence: sequence as number } : { sequence: sequence as number, epoch };
}

/** @throws GatewayError `invalid_message` */
export function readTopics(fields: JsonObject): ClientMessage<'subscribe'> {
  return { topics: readNames(fields.topics, 'topics') };
}
