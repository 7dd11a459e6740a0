import { RunningGateway } from './gateway.js';

export const ADMIN_TOKEN = 'the-admin-token-of-tests';

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

/** A request to the management listener; `body` is sent as JSON unless it is text. */
export async function admin(
  { managementUrl }: Pick<RunningGateway, 'managementUrl'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}` },
): Promise<Answer> {
  const response = await fetch(`${managementUrl}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}
