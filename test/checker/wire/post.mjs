import { Agent, request } from 'node:http';

/** Connections that stay, for those who post again and again. */
export const agent = connections => new Agent({ keepAlive: true, maxSockets: connections });

/**
 * Posts JSON: `{ status, body }`, the body parsed if it can be.
 * @throws what the socket had, or that nothing came within the time
 */
export function post(url, value, { using, within = 30_000 } = {}) {
  const text = JSON.stringify(value);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent: using, headers, timeout: within }, response => {
      let body = '';
      response.setEncoding('utf8').on('data', part => (body += part));
      response.on('end', () => resolve({ status: response.statusCode, body: parsed(body) }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${within} ms`)));
    asked.on('error', reject).end(text);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
