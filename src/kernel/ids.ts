import { randomBytes } from 'node:crypto';

/** An identifier nobody can guess: 256 random bits as base64url, visible ASCII only (MCP 2025-11-25, session management). */
export function secretId(): string {
  return randomBytes(32).toString('base64url');
}

/** A short identifier that only has to be distinct: 72 random bits. For logs, streams and leases, never as a credential. */
export function shortId(): string {
  return randomBytes(9).toString('base64url');
}
