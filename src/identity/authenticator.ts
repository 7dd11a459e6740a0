import { GatewayError } from '../kernel/errors.js';
import { Authenticator, Credentials, Principal } from '../kernel/ports/access.js';
import { sameSecret } from './bearer.js';
import { JwtVerifier } from './jwt-verifier.js';

const ANONYMOUS: Principal = { id: 'anonymous', anonymous: true };
/** Whoever has it may do everything: there is one token, and nothing to tell its holders apart by. */
const TOKEN: Principal = { id: 'token', anonymous: false, role: 'operator', scopes: ['*'] };

export interface AuthenticatorSettings {
  /** Static bearer token. */
  token?: string;
  jwt?: JwtVerifier;
  /** Lets callers in who bring no credentials although credentials are configured. */
  allowAnonymous: boolean;
}

/**
 * Static token, JWT, or nobody. Where nothing is configured everybody is anonymous: the configuration has made sure
 * that the gateway then listens on loopback only, or was told that this is meant. Credentials that are brought are
 * always checked; wrong ones never fall back to anonymous.
 */
export class ConfiguredAuthenticator extends Authenticator {
  constructor(private readonly settings: AuthenticatorSettings) {
    super();
  }

  authenticate({ token }: Credentials): Principal | Promise<Principal> {
    const { token: expected, jwt, allowAnonymous } = this.settings;
    if (expected === undefined && !jwt) return ANONYMOUS;
    if (!token) {
      if (allowAnonymous) return ANONYMOUS;
      throw new GatewayError('unauthenticated');
    }
    if (expected !== undefined && sameSecret(token, expected)) return TOKEN;
    if (jwt) return jwt.verify(token);
    throw new GatewayError('unauthenticated');
  }
}
