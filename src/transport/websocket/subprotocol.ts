import { IncomingMessage } from 'node:http';

/** What clients of `/mcp/ws` may speak. */
export type SocketProtocol = 'mcp' | 'phoenix' | 'native';

/** Where clients of Phoenix go, whatever path they were given. */
export const PHOENIX_SUFFIX = '/websocket';

/** The one subprotocol of those offered that is spoken here; ws sends it back. */
export function subprotocolOf(offered: ReadonlySet<string>): 'mcp' | 'phoenix' | false {
  if (offered.has('mcp')) return 'mcp';
  return offered.has('phoenix') ? 'phoenix' : false;
}

/** What an upgrade request asks for; undefined where the first frame is to decide. */
export function protocolOfRequest(request: IncomingMessage, url: URL): 'mcp' | 'phoenix' | undefined {
  const offered = request.headers['sec-websocket-protocol']?.split(',').map(name => name.trim());
  const subprotocol = subprotocolOf(new Set(offered));
  if (subprotocol) return subprotocol;
  return url.pathname.endsWith(PHOENIX_SUFFIX) || url.searchParams.has('vsn') ? 'phoenix' : undefined;
}

/** What a first frame is written in. What is nothing at all is native's to refuse, in words that a person can read. */
export function protocolOfFrame(data: Buffer, isBinary: boolean): SocketProtocol {
  const value = isBinary ? undefined : parsed(data.toString('utf8'));
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isRpc)) return 'mcp';
    return value.length === 5 ? 'phoenix' : 'native';
  }
  if (isRpc(value)) return 'mcp';
  return has(value, 'topic') && has(value, 'event') ? 'phoenix' : 'native';
}

/** Whether a native frame says what to join by. */
export function isHello(data: Buffer): boolean {
  return (parsed(data.toString('utf8')) as { type?: unknown } | null | undefined)?.type === 'hello';
}

function isRpc(value: unknown): boolean {
  return has(value, 'jsonrpc');
}

function has(value: unknown, member: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, member);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
