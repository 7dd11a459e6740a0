import { GatewayError } from '../../kernel/errors.js';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Frames of one POST: the client of Phoenix 1.8 sends up to 100, older ones what they made in one turn. */
const MOST = 1_000;

/**
 * The frames in the body of a POST: JSON is one, of anything else (`application/x-ndjson`) each line is one. A line that
 * does not begin like JSON is a binary frame in base64.
 * @throws GatewayError `message_too_large` (a frame, or too many of them), `invalid_frame`
 */
export function framesOf(body: string, type: string, maxFrame: number): (string | Uint8Array)[] {
  const lines = /^application\/json\s*(;|$)/i.test(type) ? [body] : linesOf(body);
  const frames: (string | Uint8Array)[] = [];
  for (const line of lines) {
    const text = line.trim();
    if (text === '') continue;
    if (frames.length === MOST) throw new GatewayError('message_too_large', `More than ${MOST} frames at once.`);
    const frame = frameOf(text);
    if (Buffer.byteLength(frame) > maxFrame) {
      throw new GatewayError('message_too_large', `A frame is larger than ${maxFrame} bytes.`);
    }
    frames.push(frame);
  }
  return frames;
}

/** Lines that are not empty, one by one: a body of millions of line breaks is not to become as many strings. */
function* linesOf(body: string): Generator<string> {
  for (const [line] of body.matchAll(/\S[^\n]*/g)) yield line;
}

function frameOf(text: string): string | Uint8Array {
  if (text.startsWith('[') || text.startsWith('{')) return text;
  if (BASE64.test(text)) return Buffer.from(text, 'base64');
  throw new GatewayError('invalid_frame');
}
