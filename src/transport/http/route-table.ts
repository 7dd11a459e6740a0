import { IncomingMessage, ServerResponse } from 'node:http';
import { isClientId } from '../../kernel/client-id.js';
import { TransportName } from '../../kernel/ports/connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { CallerRequest } from './caller.js';

/** One HTTP path of a door. */
export interface Route {
  /** Exact, but for one segment that may be `:id`: 1 to 128 visible ASCII characters, percent-encoded. */
  path: string;
  transport: TransportName;
  /** Method → handler; what is missing is answered with 405. */
  methods: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse, visit: CallerRequest) => Promise<void>>
  >;
  /** Whether a GET opens a stream, and counts as a handshake. */
  opensStreams?: boolean;
  /** Whether this request is not MCP's: its refusals are plain error bodies then, not JSON-RPC. */
  plain?(url: URL): boolean;
}

/** A route, and what stands in the path for its `:id`, as it came. */
export interface Found {
  route: Route;
  segment?: string;
}

const PLACEHOLDER = ':id';

/** The paths that are served: most are exact, a few have one segment to fill in. */
export class RouteTable {
  private readonly exact = new Map<string, Route>();
  private readonly patterns: { prefix: string; suffix: string; route: Route }[] = [];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const [prefix, suffix] = route.path.split(PLACEHOLDER);
      if (suffix === undefined) this.exact.set(route.path, route);
      else this.patterns.push({ prefix: prefix!, suffix, route });
    }
  }

  find(path: string): Found | undefined {
    const route = this.exact.get(path);
    if (route) return { route };
    for (const { prefix, suffix, route } of this.patterns) {
      if (path.length <= prefix.length + suffix.length || !path.startsWith(prefix) || !path.endsWith(suffix)) continue;
      const segment = path.slice(prefix.length, path.length - suffix.length);
      if (!segment.includes('/')) return { route, segment };
    }
    return undefined;
  }
}

/** @throws GatewayError `client_id_required` where the segment is none */
export function clientId(segment: string): string {
  const id = decoded(segment);
  if (!isClientId(id)) throw new GatewayError('client_id_required');
  return id;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
