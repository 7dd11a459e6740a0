/** The gateway's own figures, from its management listener. */
import { request } from 'node:http';

/** Milliseconds. */
const WITHIN = 5_000;

/**
 * A look at `/metrics`: name → value, the values of all labels added up. Its connection ends with it, so that looking
 * leaves no trace in what is looked at.
 */
export async function metrics(management) {
  const sums = new Map();
  for (const line of (await text(`${management}/metrics`)).split('\n')) {
    const [, name, value] = /^([a-z0-9_]+)(?:\{.*\})? (\S+)$/i.exec(line) ?? [];
    if (name) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return name => sums.get(name) ?? 0;
}

function text(url) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, timeout: WITHIN }, response => {
      let body = '';
      response.setEncoding('utf8').on('data', chunk => (body += chunk));
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`${url} did not answer within ${WITHIN} ms`)));
    asked.on('error', reject).end();
  });
}
