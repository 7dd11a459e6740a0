import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, JWTPayload, jwtVerify, JWTVerifyGetKey } from 'jose';
import { GatewayError } from '../kernel/errors.js';
import { Principal } from '../kernel/ports/access.js';
import { claimsOf } from './claims.js';

export interface JwtSettings {
  /** Shared secret for HS256. It signs tokens and nothing else; keys that seal are never derived from it. */
  secret?: string;
  /** Where the issuer publishes its keys (RFC 7517). */
  jwks_url?: string;
  issuer?: string;
  audience?: string;
}

/** Verified tokens kept so that a token costs one signature check, not one per request. */
const MAX_CACHED = 10_000;
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** JSON Web Tokens (RFC 7519): HS256 with a shared secret, or asymmetric algorithms with keys from a JWKS URL. */
export class JwtVerifier {
  private readonly key: Uint8Array | JWTVerifyGetKey;
  private readonly algorithms: string[];
  private readonly cache = new Map<string, { principal: Principal; expiresAt: number }>();

  constructor(private readonly settings: JwtSettings) {
    this.key = settings.secret
      ? new TextEncoder().encode(settings.secret)
      : createRemoteJWKSet(new URL(settings.jwks_url!), { timeoutDuration: 5_000 });
    this.algorithms = settings.secret ? ['HS256'] : ASYMMETRIC;
  }

  /** @throws GatewayError `unauthenticated`, `token_expired` */
  verify(token: string): Principal | Promise<Principal> {
    const cached = this.cache.get(cacheKey(token));
    if (cached && cached.expiresAt > Date.now()) return cached.principal;
    return this.check(token);
  }

  private async check(token: string): Promise<Principal> {
    const payload = await this.payload(token);
    const { sub, iss, exp } = payload;
    if (typeof sub !== 'string' || sub === '') throw new GatewayError('unauthenticated', 'The token names no subject.');
    if (typeof exp !== 'number') throw new GatewayError('unauthenticated', 'The token has no expiry.');
    const principal = { id: `jwt:${iss ?? ''}:${sub}`, anonymous: false, ...claimsOf(payload) };
    this.remember(token, principal, exp * 1000);
    return principal;
  }

  private async payload(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.settings;
    const options = { algorithms: this.algorithms, issuer, audience };
    try {
      const verified =
        this.key instanceof Uint8Array
          ? await jwtVerify(token, this.key, options)
          : await jwtVerify(token, this.key, options);
      return verified.payload;
    } catch (thrown) {
      throw new GatewayError(thrown instanceof errors.JWTExpired ? 'token_expired' : 'unauthenticated');
    }
  }

  private remember(token: string, principal: Principal, expiresAt: number): void {
    if (this.cache.size >= MAX_CACHED) this.cache.delete(this.cache.keys().next().value!);
    this.cache.set(cacheKey(token), { principal, expiresAt });
  }
}

/** Tokens themselves are not kept in memory longer than their request. */
function cacheKey(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
