import { isUtf8 } from 'node:buffer';
import { IncomingMessage } from 'node:http';
import { Budget, Share } from '../../kernel/budget.js';
import { GatewayError } from '../../kernel/errors.js';

/** How many times the limit is read and thrown away before a sender is cut off; up to there it sees the refusal. */
const PATIENCE = 8;
/** Bytes of a body that is taken also while all buffers are over their limit: whoever behaves is to notice nothing. */
const SMALL = 64 * 1024;

/**
 * The whole body as text.
 * @param limit bytes; more is never held. It is read to its end all the same, within reason: an answer to somebody who
 *   is still sending is lost when the socket closes (RFC 9112 §9.6)
 * @throws GatewayError `overloaded`, `message_too_large`, `parse_error` (not UTF-8), `unsupported_media_type`
 */
export function readJsonBody(request: IncomingMessage, limit: number, budget: Budget): Promise<string> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) return Promise.reject(new GatewayError('unsupported_media_type'));
  return readBody(request, limit, budget);
}

/**
 * The same, whatever its type.
 * @throws GatewayError `overloaded`, `message_too_large`, `parse_error` (not UTF-8)
 */
export async function readBody(request: IncomingMessage, limit: number, budget: Budget): Promise<string> {
  const share = budget.share();
  try {
    return await read(request, limit, budget, share);
  } finally {
    share.set(0);
  }
}

async function read(request: IncomingMessage, limit: number, budget: Budget, share: Share): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  let refused = false;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit * PATIENCE) break;
      refused ||= budget.spent && size > SMALL;
      if (size <= limit && !refused) chunks.push(chunk);
      else chunks.length = 0;
      share.set(chunks.length === 0 ? 0 : size);
    }
  } catch {
    throw new GatewayError('invalid_request', 'The body ended early.');
  }
  if (size > limit) throw tooLarge(limit);
  if (refused) throw new GatewayError('overloaded', undefined, 1_000);
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  if (!isUtf8(body)) throw new GatewayError('parse_error', 'The body is not valid UTF-8.');
  return body.toString('utf8');
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('message_too_large', `The body is larger than ${limit} bytes.`);
}
