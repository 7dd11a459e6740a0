/** Publishes by the HTTP door, over one connection that is kept. */
import { Agent, request } from 'node:http';

const WITHIN = 30_000;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/**
 * Resolves with the text of the answer.
 * @param url any of the listener
 * @param text JSON
 */
export function post(url, path, text) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const asked = request(new URL(path, url), { method: 'POST', headers, agent, timeout: WITHIN }, answer => {
      let body = '';
      answer.setEncoding('utf8').on('data', chunk => (body += chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode < 300) resolve(body);
        else reject(new Error(`POST ${path}: ${answer.statusCode} ${body.slice(0, 300)}`));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`${path} did not answer within ${WITHIN} ms`)));
    asked.on('error', reject).end(text);
  });
}
