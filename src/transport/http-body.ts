import { isUtf8 } from 'node:buffer';
import { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/errors.js';

/**
 * The whole body as text.
 * @param limit bytes; what declares or sends more is refused before it is held
 * @throws GatewayError `message_too_large`, `parse_error` (not UTF-8), `unsupported_media_type`
 */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<string> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new GatewayError('unsupported_media_type');
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  if (!isUtf8(body)) throw new GatewayError('parse_error', 'The body is not valid UTF-8.');
  return body.toString('utf8');
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('message_too_large', `The body is larger than ${limit} bytes.`);
}
