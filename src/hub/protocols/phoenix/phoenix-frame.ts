import { GatewayError } from '../../../kernel/errors.js';
import { elements, locate, oneLine, skipSpace } from '../../../kernel/json-rpc/json-text.js';
import { parseJson } from '../../../kernel/json-rpc/parse-json.js';
import { isObject, JsonObject } from '../json-object.js';

/** Serializer v1 writes objects, v2 arrays. */
export type Form = 'v1' | 'v2';
/** Clients count them and send them as text; some of v1 as numbers. They get them back as they were. */
export type Ref = string | number | null;

/** UTF-16 units of a ref, which is kept and sent back. */
const MAX_REF = 128;

export interface PhoenixFrame {
  readonly form: Form;
  readonly joinRef: Ref;
  readonly ref: Ref;
  readonly topic: string;
  readonly event: string;
  /** Undefined for a binary push. */
  readonly payload: unknown;
  /** JSON text of the payload as it came, on one line. */
  readonly text: string;
}

/** @throws GatewayError `parse_error`, `invalid_frame` */
export function readTextFrame(text: string): PhoenixFrame {
  const value = parseJson(text);
  if (Array.isArray(value) && value.length === 5) return readArray(value, text);
  if (isObject(value)) return readObject(value, text);
  throw new GatewayError('invalid_frame', 'A frame is an array of five, or an object with "topic" and "event".');
}

function readArray([joinRef, ref, topic, event, payload]: unknown[], text: string): PhoenixFrame {
  const { start, end } = [...elements(text, skipSpace(text, 0))][4]!;
  const raw = oneLine(text.slice(start, end));
  return { form: 'v2', joinRef: readRef(joinRef), ref: readRef(ref), ...address(topic, event), payload, text: raw };
}

function readObject(value: JsonObject, text: string): PhoenixFrame {
  const span = locate(text, skipSpace(text, 0), ['payload']);
  return {
    form: 'v1',
    joinRef: readRef(value.join_ref),
    ref: readRef(value.ref),
    ...address(value.topic, value.event),
    payload: span ? value.payload : {},
    text: span ? oneLine(text.slice(span.start, span.end)) : '{}',
  };
}

function address(topic: unknown, event: unknown): { topic: string; event: string } {
  if (typeof topic === 'string' && typeof event === 'string') return { topic, event };
  throw new GatewayError('invalid_frame', '"topic" and "event" must be text.');
}

function readRef(value: unknown): Ref {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value.length <= MAX_REF) return value;
  if (Number.isSafeInteger(value)) return value as number;
  throw new GatewayError('invalid_frame', `A ref is text of at most ${MAX_REF} characters.`);
}

/** A frame as text. `payload` is JSON text. The objects of v1 have a `join_ref` only for clients that gave one. */
export function writeFrame(form: Form, joinRef: Ref, ref: Ref, topic: string, event: string, payload: string): string {
  return writeHead(form, joinRef, ref, topic, event) + payload + writeTail(form);
}

/** What stands before the payload. */
export function writeHead(form: Form, joinRef: Ref, ref: Ref, topic: string, event: string): string {
  const [join, own, to, name] = [joinRef, ref, topic, event].map(part => JSON.stringify(part));
  if (form === 'v2') return `[${join},${own},${to},${name},`;
  return `{"topic":${to},"event":${name},"ref":${own},${joinRef === null ? '' : `"join_ref":${join},`}"payload":`;
}

/** What stands after the payload. */
export function writeTail(form: Form): string {
  return form === 'v2' ? ']' : '}';
}
