import { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/errors.js';
import { isLoopback } from '../kernel/loopback.js';

export interface GuardSettings {
  /** Address the listeners are bound to. */
  host: string;
  /** Host names under which clients may reach the gateway, besides the loopback ones. */
  allowedHosts: readonly string[];
  /** Origins of web pages that may use it, such as `https://app.example`. */
  allowedOrigins: readonly string[];
}

/**
 * Stops DNS rebinding: a web page whose name was pointed at 127.0.0.1 sends its own name as Host and Origin (MCP
 * 2025-11-25, transports, security warning: servers MUST validate Origin). On loopback the Host must be a loopback name
 * too; elsewhere authentication is required anyway, and a page must come from the host it talks to or be listed.
 */
export class HttpGuard {
  private readonly loopback: boolean;

  constructor(private readonly settings: GuardSettings) {
    this.loopback = isLoopback(settings.host);
  }

  /**
   * @returns the Origin to name in CORS headers, undefined for callers that are no web page
   * @throws GatewayError `forbidden_host`, `forbidden_origin`
   */
  check(request: IncomingMessage): string | undefined {
    const host = hostName(`http://${request.headers.host ?? ''}`);
    if (host === undefined || !this.hostAllowed(host)) throw new GatewayError('forbidden_host');
    const { origin } = request.headers;
    if (origin !== undefined && !this.originAllowed(origin, host)) throw new GatewayError('forbidden_origin');
    return origin;
  }

  private hostAllowed(host: string): boolean {
    const { allowedHosts } = this.settings;
    if (allowedHosts.includes(host)) return true;
    return this.loopback ? isLoopback(host) : allowedHosts.length === 0;
  }

  private originAllowed(origin: string, host: string): boolean {
    if (this.settings.allowedOrigins.includes(origin)) return true;
    const name = hostName(origin);
    return name !== undefined && (this.loopback ? isLoopback(name) : name === host);
  }
}

function hostName(url: string): string | undefined {
  const name = URL.canParse(url) ? new URL(url).hostname : '';
  return name.replace(/^\[|\]$/g, '') || undefined;
}
