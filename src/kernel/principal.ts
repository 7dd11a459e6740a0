import { TransportName } from './connection.js';

/** Who is asking, as far as it has been proven. Sessions are bound to `id`. */
export interface Principal {
  /** `anonymous`, `token`, or `jwt:` followed by issuer and subject. */
  readonly id: string;
  readonly anonymous: boolean;
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
