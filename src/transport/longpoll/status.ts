import { ServerResponse } from 'node:http';

/** Phoenix clients read the status in the body, and only there: the one of HTTP is always 200. */
export function replyStatus(response: ServerResponse, status: number, rest: object = {}): void {
  if (response.headersSent || response.destroyed) return;
  // What was not read of the body must not be taken for the next request.
  if (!response.req.complete) response.setHeader('connection', 'close');
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(200, headers).end(JSON.stringify({ status, ...rest }));
}
