/** What the gateway says has become of a publication; `docs/WIRE.md`, "Publishing". */
export interface Published {
  status: number;
  body: any;
}

/** One message as a publisher writes it; only the payload is needed. */
export interface Publication {
  payload: unknown;
  type?: string;
  event?: string;
  priority?: 'high' | 'normal' | 'low';
  id?: string;
  ttl?: number;
  timeout?: number;
  transport?: 'auto' | 'websocket' | 'http_sse';
}

/** To whom a broadcast goes: clients that meet all of what is given. */
export interface To {
  role?: string;
  scope?: string;
  topic?: string;
  include?: string[];
  exclude?: string[];
}

/**
 * Publishes to one client by HTTP.
 *
 * @param base any URL of the listener that takes publications, such as `RunningGateway.sseUrl`
 * @param body one message, or an array of them
 */
export function publish(
  base: string,
  clientId: string,
  body: Publication | Publication[],
  token?: string,
): Promise<Published> {
  return post(new URL(`/mcp/clients/${encodeURIComponent(clientId)}/messages`, base), body, token);
}

/** Publishes to every client that meets what the body says. */
export function broadcast(base: string, body: Publication & To, token?: string): Promise<Published> {
  return post(new URL('/mcp/broadcast', base), body, token);
}

async function post(url: URL, body: unknown, token: string | undefined): Promise<Published> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(40_000),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
