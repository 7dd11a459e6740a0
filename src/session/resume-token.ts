import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../kernel/errors.js';

/** What is kept of a token: enough to know it again, not enough to make it. */
export interface ResumeStub {
  /** SHA-256 of the secret, base64. */
  hash: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface ResumeClaim {
  session: string;
  secret: string;
  expiresAt: number;
}

/** 24 random bytes are 32 characters of base64url. */
const SECRET_BYTES = 24;
const SHAPE = /^([\w-]{1,64}):([\w-]{32}):(\d{1,15})$/;

/** A new token, `base64(session_id:secret:expires_at)`, and what to keep of it. */
export function issueResumeToken(session: string, expiresAt: number): { token: string; stub: ResumeStub } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const token = Buffer.from(`${session}:${secret}:${expiresAt}`).toString('base64');
  return { token, stub: { hash: digest(secret).toString('base64'), expiresAt } };
}

/** @throws GatewayError `invalid_resume_token`: it does not even look like one */
export function readResumeToken(token: string): ResumeClaim {
  const [, session, secret, expiresAt] = SHAPE.exec(Buffer.from(token, 'base64').toString('latin1')) ?? [];
  if (!session || !secret) throw new GatewayError('invalid_resume_token');
  return { session, secret, expiresAt: Number(expiresAt) };
}

/**
 * The one of the stubs that is that of the claim. The time a token says of itself is not believed.
 * @param now milliseconds since the epoch
 * @throws GatewayError `invalid_resume_token`, `resume_token_expired`
 */
export function checkResumeToken({ secret }: ResumeClaim, stubs: readonly ResumeStub[], now: number): ResumeStub {
  const given = digest(secret);
  const [known] = stubs.filter(({ hash }) => timingSafeEqual(Buffer.from(hash, 'base64'), given));
  if (!known) throw new GatewayError('invalid_resume_token');
  if (known.expiresAt <= now) throw new GatewayError('resume_token_expired');
  return known;
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
