import { ServerResponse } from 'node:http';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';

/** Headers of an event stream that no proxy should buffer, transform or keep. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;

/** Answers with a JSON-RPC error response without id, as MCP has it for what fails before a message is read. */
export function replyError(response: ServerResponse, error: GatewayError): void {
  refuse(response, error, JsonRpcMessage.error('', error).text);
}

/** The same for doors that do not speak JSON-RPC: the body is the error's own. */
export function replyGatewayError(response: ServerResponse, error: GatewayError): void {
  refuse(response, error, JSON.stringify(error.body));
}

function refuse(response: ServerResponse, error: GatewayError, body: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  if (error.retryAfter !== null) response.setHeader('retry-after', Math.ceil(error.retryAfter / 1000));
  if (error.httpStatus === 401) response.setHeader('www-authenticate', 'Bearer');
  replyJson(response, error.httpStatus, body);
}

/** @param body JSON text */
export function replyJson(response: ServerResponse, status: number, body: string): void {
  if (response.headersSent || response.destroyed) return;
  // What was not read of the body must not be taken for the next request.
  if (!response.req.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

export function replyEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

/** CORS headers for a web page that the guard has let in. */
export function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'Origin');
  response.setHeader('access-control-expose-headers', 'Mcp-Session-Id, Retry-After');
}

export function replyPreflight(response: ServerResponse): void {
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
      'access-control-allow-headers':
        'Authorization, Content-Type, Accept, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-ID, X-Phoenix-AuthToken',
      'access-control-max-age': '600',
    })
    .end();
}
