import { GatewayError } from '../../../kernel/errors.js';
import { PhoenixFrame } from './phoenix-frame.js';

const PUSH = 0;
/** Bytes before the fields: the kind, and one length each for join_ref, ref, topic and event. */
const HEADER = 5;

/**
 * A binary push of serializer v2: `00`, four lengths (bytes, uint8), the four fields, then the data.
 * @throws GatewayError `invalid_frame`
 */
export function readBinaryPush(bytes: Uint8Array): PhoenixFrame {
  if (bytes[0] !== PUSH) throw new GatewayError('invalid_frame', 'Of binary frames only pushes are taken.');
  let at = HEADER;
  const [joinRef, ref, topic, event] = [1, 2, 3, 4].map(field => {
    const end = at + (bytes[field] ?? 0);
    if (end > bytes.length) throw new GatewayError('invalid_frame', 'The binary frame is shorter than it says.');
    const text = decodeText(bytes.subarray(at, end));
    at = end;
    return text;
  });
  const data = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.max(0, bytes.byteLength - at));
  return {
    form: 'v2',
    joinRef: joinRef || null,
    ref: ref || null,
    topic: topic!,
    event: event!,
    payload: undefined,
    text: `{"base64":"${data.toString('base64')}"}`,
  };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new GatewayError('invalid_frame', 'The fields of a binary frame must be UTF-8.');
  }
}
