import { GatewayError, toGatewayError } from '../../../kernel/errors.js';
import { Inbound } from '../codec.js';
import { readJoinRequest } from '../join-request.js';
import { parseJson } from '../../../kernel/json-rpc/parse-json.js';
import { isObject, JsonObject } from '../json-object.js';
import { wrong } from '../name-list.js';
import { readAck, readId, readMessage, readTopics } from '../client-message.js';

/** What a native frame is answered with. */
export interface NativeRef {
  /** JSON text of the id as it came, `null` where there was none. */
  readonly id: string;
  /** Only a refusal is sent: nobody waits to hear that it was taken. */
  readonly quiet: boolean;
}

const ANONYMOUS: NativeRef = { id: 'null', quiet: false };

/** One frame to the gateway; never throws. An `ack` without an id has no ref. */
export function readFrame(text: string): Inbound<NativeRef | undefined> {
  let ref = ANONYMOUS;
  let joins = false;
  try {
    const frame = parseJson(text);
    if (!isObject(frame)) throw new GatewayError('invalid_frame', 'A frame is a JSON object with a "type".');
    joins = frame.type === 'hello';
    ref = refOf(frame.id);
    return readKind(frame, text, ref);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    return joins ? { kind: 'invalid', ref, error, joins } : { kind: 'invalid', ref, error };
  }
}

export function refuseBinary(): Inbound<NativeRef> {
  return { kind: 'invalid', ref: ANONYMOUS, error: new GatewayError('invalid_frame', 'A frame is text, not binary.') };
}

function readKind(frame: JsonObject, text: string, ref: NativeRef): Inbound<NativeRef | undefined> {
  const { type } = frame;
  switch (type) {
    case 'hello':
      return { kind: 'join', ref, joinRequest: readJoinRequest(dataOf(frame)) };
    case 'ack':
      return { kind: 'ack', ref: ref === ANONYMOUS ? undefined : { ...ref, quiet: true }, ...readAck(frame) };
    case 'heartbeat':
    case 'ping':
      return { kind: type, ref };
    case 'subscribe':
    case 'unsubscribe':
      return { kind: type, ref, ...readTopics(dataOf(frame)) };
    default:
      return { kind: 'message', ref, ...readMessage(frame, text) };
  }
}

function dataOf(frame: JsonObject): JsonObject {
  const data = frame.data ?? {};
  return isObject(data) ? data : wrong('data', 'an object');
}

function refOf(value: unknown): NativeRef {
  const id = readId(value, 'id');
  return id === undefined ? ANONYMOUS : { id: typeof value === 'number' ? id : JSON.stringify(id), quiet: false };
}
