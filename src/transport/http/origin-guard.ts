import { IncomingMessage } from 'node:http';
import { GatewayError } from '../../kernel/errors.js';
import { isLoopback } from '../../kernel/loopback.js';

export interface OriginGuardSettings {
  /** Address the listeners are bound to. */
  host: string;
  /** Host names under which clients may reach the gateway, besides the loopback ones. */
  allowedHosts: readonly string[];
  /** Origins of web pages that may use it, such as `https://app.example`. */
  allowedOrigins: readonly string[];
  /** Whether callers may come without credentials: then a page's own claim to be at home here proves nothing. */
  anonymous: boolean;
}

/**
 * Stops DNS rebinding: a web page whose name was pointed at 127.0.0.1 sends its own name as Host and Origin (MCP
 * 2025-11-25, transports, security warning: servers MUST validate Origin). On loopback the Host must be a loopback name
 * too. Elsewhere a page must come from the host it talks to or be listed; where callers need no credentials, that host
 * must be a listed one, because a rebound name agrees with itself.
 */
export class OriginGuard {
  private readonly loopback: boolean;
  private last: { given: string; host: HostName } | undefined;

  constructor(private readonly settings: OriginGuardSettings) {
    this.loopback = isLoopback(settings.host);
  }

  /**
   * @returns the Origin to name in CORS headers, undefined for callers that are no web page
   * @throws GatewayError `forbidden_host`, `forbidden_origin`
   */
  check(request: IncomingMessage): string | undefined {
    const host = this.hostNamed(request.headers.host ?? '');
    const { origin } = request.headers;
    if (origin !== undefined && !this.originAllowed(origin, host)) throw new GatewayError('forbidden_origin');
    return origin;
  }

  /** Nearly every request names the same host as the one before it, and that one was let in. */
  private hostNamed(given: string): HostName {
    if (this.last?.given === given) return this.last.host;
    const host = hostOf(`http://${given}`);
    if (!host || !this.hostAllowed(host)) throw new GatewayError('forbidden_host');
    this.last = { given, host };
    return host;
  }

  private hostAllowed({ name, full }: HostName): boolean {
    const { allowedHosts } = this.settings;
    if (isLoopback(name) || allowedHosts.includes(name) || allowedHosts.includes(full)) return true;
    return !this.loopback && allowedHosts.length === 0;
  }

  private originAllowed(origin: string, host: HostName): boolean {
    const { allowedHosts, allowedOrigins, anonymous } = this.settings;
    if (allowedOrigins.includes(origin)) return true;
    const page = hostOf(origin);
    if (!page) return false;
    if (this.loopback) return isLoopback(page.name);
    return page.name === host.name && (!anonymous || allowedHosts.length > 0);
  }
}

interface HostName {
  /** Without port. */
  name: string;
  /** With port, if one was given. */
  full: string;
}

function hostOf(url: string): HostName | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, host } = new URL(url);
  return hostname === '' ? undefined : { name: hostname.replace(/^\[|\]$/g, ''), full: host };
}
