import { isUtf8 } from 'node:buffer';
import { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/errors.js';

/** How many times the limit is read and thrown away before a sender is cut off; up to there it sees the refusal. */
const PATIENCE = 8;

/**
 * The whole body as text.
 * @param limit bytes; more is never held. It is read to its end all the same, within reason: an answer to somebody who
 *   is still sending is lost when the socket closes (RFC 9112 §9.6)
 * @throws GatewayError `message_too_large`, `parse_error` (not UTF-8), `unsupported_media_type`
 */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<string> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new GatewayError('unsupported_media_type');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit * PATIENCE) break;
      if (size <= limit) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch {
    throw new GatewayError('invalid_request', 'The body ended early.');
  }
  if (size > limit) throw tooLarge(limit);
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  if (!isUtf8(body)) throw new GatewayError('parse_error', 'The body is not valid UTF-8.');
  return body.toString('utf8');
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('message_too_large', `The body is larger than ${limit} bytes.`);
}
