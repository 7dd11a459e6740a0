import { TransportName } from './connection.js';

/** Who is asking, as far as it has been proven. Sessions are bound to `id`. */
export interface Principal {
  /** `anonymous`, `token`, or `jwt:` followed by issuer and subject. */
  readonly id: string;
  readonly anonymous: boolean;
  /** What it may be and do, as far as its credentials say; `*` stands for everything. */
  readonly role?: string;
  readonly scopes?: readonly string[];
}

/** What a connection offers as proof. */
export interface Credentials {
  /** The bearer token, from wherever the door found it. */
  token?: string;
}

/** Somebody at a door, let in so far. */
export interface Caller {
  principal: Principal;
  /** Address of the peer, or the one a trusted proxy vouches for. */
  address: string;
  transport: TransportName;
  /** Value of `?unit=`. */
  unit?: string;
  /**
   * What `routing.affinity` says callers are kept together by, at most 256 characters. Undefined where that is the
   * session, or where the caller did not say; then it is the session's id.
   */
  affinity?: string;
}

/**
 * Says who somebody is. Fails closed: whatever cannot be proven is refused.
 * @throws GatewayError `unauthenticated`, `token_expired`
 */
export abstract class Authenticator {
  abstract authenticate(credentials: Credentials): Principal | Promise<Principal>;
}

/**
 * May this caller open a session now? The data plane has a conservative answer of its own; the control plane may bind a
 * better one.
 * @throws GatewayError `rate_limit_exceeded`, `too_many_sessions`
 */
export abstract class Admission {
  abstract enter(caller: Caller, openSessions: number): Promise<void>;
}

/** May this principal do that? Fails closed. The control plane supplies policy, never the only answer. */
export abstract class Authorizer {
  /** @param scope such as `presence`; `publish`: anything at all; `publish:TOPIC`, where without a topic nothing follows */
  abstract may(principal: Principal, address: string, scope: string): boolean;
  /** The role and scopes of those asked for that this principal may have. */
  abstract grant(
    principal: Principal,
    address: string,
    asked: { role?: string; scopes: readonly string[] },
  ): { role?: string; scopes: readonly string[] };
  /** Whether it may use this unit, or follow this topic. What it may not use does not exist for it. */
  abstract reaches(principal: Principal, address: string, kind: 'unit' | 'topic', name: string): boolean;
}

/** One long-lived connection among those that are counted. */
export interface Pass {
  /** Gives the place back; more than once is once. */
  release(): void;
}

/** How many connections, messages and handshakes there may be. */
export abstract class Limits {
  /**
   * Somebody stands at a door, before anything is known of them.
   * @throws GatewayError `rate_limit_exceeded` with the milliseconds until it makes sense again
   */
  abstract knock(address: string): Promise<void>;
  /**
   * A long-lived connection. `client`: (principal, client id), where there is one.
   * @throws GatewayError `too_many_connections`
   */
  abstract enter(who: { address: string; anonymous: boolean; client?: string }): Pass;
  /**
   * A message of a client: a token of its bucket.
   * @throws GatewayError `rate_limit_exceeded` with the milliseconds until there is one
   */
  abstract message(client: string): void;
  /**
   * A request of an MCP client: rationed only where a lever says so.
   * @throws GatewayError `rate_limit_exceeded` with the milliseconds until it makes sense again
   */
  abstract request(client: string): void;
  /** Milliseconds for which nothing is to be read of a client that is held and over its rate; 0 for all others. */
  abstract holdFor(client: string): number;
  /** The same for joins. */
  abstract join(client: string): void;
  /** The same for publications, by principal and address. */
  abstract publish(who: { principal: Principal; address: string; messages: number }): void;
}

/** May this client change its transport now? S2's question, with a conservative answer of the data plane's own. */
export abstract class SwitchPermit {
  /** @returns milliseconds until it may, 0 if it may now; a switch that is granted is counted */
  abstract ask(client: string, from: TransportName, to: TransportName): number;
  /** A switch that happened without being asked for, because the old connection was gone. */
  abstract note(client: string, from: TransportName, to: TransportName): void;
}
