import { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../../kernel/loopback.js';
import { TransportName } from '../../kernel/ports/connection.js';
import { Authenticator, Caller } from '../../kernel/ports/access.js';
import { AffinityKey } from './affinity-key.js';

/** A request of which nothing has been proven yet. */
export interface UnverifiedRequest {
  caller: Omit<Caller, 'principal'>;
  url: URL;
  /** The bearer token, if one was brought. */
  token: string | undefined;
}

/** A request with its caller known. */
export interface CallerRequest extends UnverifiedRequest {
  caller: Caller;
  /** What stands in the path where its route says `:id`. */
  id?: string;
}

/** Subprotocols that carry a token, such as `base64url.bearer.phx.<token>`: browsers cannot set WebSocket headers. */
const TOKEN_SUBPROTOCOL = /^base64url\.bearer\.(?:[\w-]+\.)*([\w+/-]+)$/;

/** Finds out who stands at a door. */
export class CallerResolver {
  private readonly proxies = new BlockList();
  private readonly anyProxy: boolean;

  /** @param trustedProxies addresses and subnets such as `10.0.0.0/8` */
  constructor(
    private readonly authenticator: Authenticator,
    trustedProxies: readonly string[],
    private readonly affinity: AffinityKey,
  ) {
    this.anyProxy = trustedProxies.length > 0;
    for (const proxy of trustedProxies) {
      const [address, prefix] = proxy.split('/');
      const family = isIP(address!) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.proxies.addAddress(address!, family);
      else this.proxies.addSubnet(address!, Number(prefix), family);
    }
  }

  /** What a request says of itself, at the price of looking at it. */
  identify(request: IncomingMessage, transport: TransportName, url: URL): UnverifiedRequest {
    const address = this.addressOf(request);
    const unit = url.searchParams.get('unit') ?? undefined;
    const affinity = this.affinity.of(request, url);
    return { url, token: tokenOf(request, url), caller: { address, transport, unit, affinity } };
  }

  /** @throws GatewayError `unauthenticated`, `token_expired` */
  async admit({ caller, token, url }: UnverifiedRequest): Promise<CallerRequest> {
    const principal = await this.authenticator.authenticate({ token });
    const { address, transport, unit, affinity } = caller;
    return { url, token, caller: { principal, address, transport, unit, affinity } };
  }

  /** @throws GatewayError `unauthenticated`, `token_expired` */
  greet(request: IncomingMessage, transport: TransportName, url: URL): Promise<CallerRequest> {
    return this.admit(this.identify(request, transport, url));
  }

  /** The peer's address, or the one before the first proxy that is not trusted in `X-Forwarded-For`. */
  private addressOf(request: IncomingMessage): string {
    const peer = plain(request.socket.remoteAddress ?? 'unknown');
    if (!this.anyProxy || !this.isProxy(peer)) return peer;
    const hops = String(request.headers['x-forwarded-for'] ?? '').split(',');
    const client = hops
      .reverse()
      .map(hop => plain(hop.trim()))
      .find(hop => !this.isProxy(hop));
    // Limits go by it, so it has to be an address; and nobody is on this machine because it says so.
    return client !== undefined && isIP(client) !== 0 && !isLoopback(client) ? client : peer;
  }

  private isProxy(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** The request's target; undefined where it is no URL, which is no path of ours then. */
export function requestUrl({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://gateway') ? new URL(url, 'http://gateway') : undefined;
}

/** Query parameters; of a repeated one the last. */
export function paramsOf({ searchParams }: URL): Record<string, string> {
  return Object.fromEntries(searchParams);
}

/** `::ffff:127.0.0.1` is 127.0.0.1. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function tokenOf(request: IncomingMessage, url: URL): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return bearer ?? url.searchParams.get('token') ?? phoenixToken(request) ?? subprotocolToken(request);
}

/** Where the Phoenix client puts its `authToken` when it polls. */
function phoenixToken({ headers }: IncomingMessage): string | undefined {
  return headers['x-phoenix-authtoken']?.toString() || undefined;
}

function subprotocolToken(request: IncomingMessage): string | undefined {
  const offered = request.headers['sec-websocket-protocol']?.split(',') ?? [];
  for (const name of offered) {
    const encoded = TOKEN_SUBPROTOCOL.exec(name.trim())?.[1];
    if (encoded) return Buffer.from(encoded, 'base64url').toString('utf8');
  }
  return undefined;
}
