import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Request } from 'express';
import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { addressGroup } from '../../resilience/address-group.js';
import { sameSecret } from '../../identity/bearer.js';

/** Wrong tokens from one address in a minute; then nobody from there is listened to until the minute is over. */
const GUESSES = 30;
const MINUTE = 60_000;
/** Addresses that are remembered. */
const MOST = 1_000;

const HOW = 'Set management.admin_token (MCP_ADMIN_TOKEN) and start the gateway anew to use the administration.';

/** What the administration is opened with. */
export abstract class AdminAccess {
  /** Undefined: by nobody. */
  abstract readonly token: string | undefined;
}

/**
 * Lets in who has the admin token. Nothing of what is given is logged. Where the right token has come from, wrong ones close
 * nothing: behind one proxy, or on one machine, anybody could keep the operators out with them.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly guesses = new Map<string, { wrong: number; since: number }>();
  /** Addresses that the right token has come from, oldest first. */
  private readonly operators = new Set<string>();

  constructor(
    private readonly access: AdminAccess,
    private readonly clock: Clock,
  ) {}

  /** @throws GatewayError `forbidden` where there is no token, `unauthenticated`, `rate_limit_exceeded` */
  canActivate(context: ExecutionContext): boolean {
    const { token } = this.access;
    if (token === undefined) throw new GatewayError('forbidden', HOW);
    const { headers, socket } = context.switchToHttp().getRequest<Request>();
    const address = addressGroup(socket.remoteAddress ?? '');
    if (!this.operators.has(address)) this.checkGuesses(address);
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (given !== undefined && sameSecret(given, token)) return this.remember(address);
    if (given !== undefined) this.guessed(address);
    throw new GatewayError('unauthenticated');
  }

  private checkGuesses(address: string): void {
    const known = this.guesses.get(address);
    if (!known) return;
    const left = known.since + MINUTE - this.clock.elapsed();
    if (left <= 0) this.guesses.delete(address);
    else if (known.wrong >= GUESSES)
      throw new GatewayError('rate_limit_exceeded', 'Too many wrong tokens from this address.', Math.ceil(left));
  }

  private remember(address: string): true {
    if (this.operators.size >= MOST) this.operators.delete(this.operators.values().next().value!);
    this.operators.add(address);
    return true;
  }

  private guessed(address: string): void {
    const known = this.guesses.get(address) ?? { wrong: 0, since: this.clock.elapsed() };
    known.wrong++;
    if (this.guesses.size >= MOST && !this.guesses.has(address)) this.guesses.delete(this.guesses.keys().next().value!);
    this.guesses.set(address, known);
  }
}
