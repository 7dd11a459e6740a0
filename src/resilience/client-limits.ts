import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { Levers } from '../kernel/ports/levers.js';
import { isLoopback } from '../kernel/loopback.js';
import { Limits, Pass, Principal } from '../kernel/ports/access.js';
import { addressGroup } from './address-group.js';
import { Throttle } from './throttle.js';
import { LeverRates } from './lever-rates.js';
import { CounterPerKey } from './counter-per-key.js';
import { TokenBuckets } from './token-buckets.js';

const MINUTE = 60_000;

/** When a client that has too many connections may find that some are gone, in ms. */
const CONNECTIONS_RETRY = 5_000;

export abstract class ClientLimitSettings {
  abstract readonly connectionsPerClient: number;
  /** For anonymous callers; those on loopback are exempt. */
  abstract readonly connectionsPerIp: number;
  /** Per address; loopback is exempt. */
  abstract readonly connectsPerMinute: number;
  abstract readonly joinsPerMinute: number;
  /** Tokens of a client's bucket, and how many flow in per second. */
  abstract readonly messagesPerClient: number;
  abstract readonly messagesRefill: number;
  /** Messages, per principal; of anonymous callers, per address. */
  abstract readonly publishesPerMinute: number;
}

/**
 * The data plane's own limits. Addresses count by {@link addressGroup}. Knocks are counted by Nest's throttler, like new
 * sessions; it keeps the time of every hit and goes through all of them at each, so what comes by the thousand has
 * buckets.
 */
@Injectable()
export class ClientLimits extends Limits {
  private readonly clients: CounterPerKey;
  private readonly addresses: CounterPerKey;
  private readonly messages: TokenBuckets;
  private readonly joins: TokenBuckets;
  private readonly publications: TokenBuckets;
  private readonly rates: LeverRates;

  constructor(
    private readonly settings: ClientLimitSettings,
    private readonly throttle: Throttle,
    clock: Clock,
    private readonly levers: Levers,
  ) {
    super();
    this.rates = new LeverRates(levers, clock);
    this.clients = new CounterPerKey(settings.connectionsPerClient);
    this.addresses = new CounterPerKey(settings.connectionsPerIp);
    this.messages = new TokenBuckets({ size: settings.messagesPerClient, perSecond: settings.messagesRefill }, clock);
    this.joins = new TokenBuckets(perMinute(settings.joinsPerMinute), clock);
    this.publications = new TokenBuckets(perMinute(settings.publishesPerMinute), clock);
  }

  async knock(address: string): Promise<void> {
    if (isLoopback(address)) return;
    const { connectsPerMinute: most } = this.settings;
    // Whether a key is blocked is the same for all limits of that storage: nobody else may use this key.
    const key = `knock ${addressGroup(address)}`;
    const { isBlocked, timeToBlockExpire } = await this.throttle.increment(key, MINUTE, most, MINUTE, 'knocks');
    if (isBlocked) throw tooMany(`More than ${most} connections in a minute.`, timeToBlockExpire * 1_000);
  }

  enter({ address, anonymous, client }: { address: string; anonymous: boolean; client?: string }): Pass {
    const from = anonymous && !isLoopback(address) ? addressGroup(address) : undefined;
    const { connectionsPerClient, connectionsPerIp } = this.settings;
    if (client !== undefined && this.clients.isFull(client)) throw tooManyConnections('client', connectionsPerClient);
    if (from !== undefined && this.addresses.isFull(from)) throw tooManyConnections('address', connectionsPerIp);
    if (client !== undefined) this.clients.enter(client);
    if (from !== undefined) this.addresses.enter(from);
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        if (client !== undefined) this.clients.leave(client);
        if (from !== undefined) this.addresses.leave(from);
      },
    };
  }

  message(client: string): void {
    const wait = this.rates.take(client) ?? this.messages.take(client);
    if (wait === 0) return;
    const rate = this.rates.rate(client) ?? this.settings.messagesRefill;
    throw tooMany(`More than ${rate} messages in a second.`, wait);
  }

  request(client: string): void {
    const wait = this.rates.take(client) ?? 0;
    if (wait > 0) throw tooMany(`More than ${this.rates.rate(client)} requests in a second.`, wait);
  }

  holdFor(client: string): number {
    if (!this.levers.now.held.has(client)) return 0;
    return this.rates.wait(client) ?? this.messages.wait(client);
  }

  join(client: string): void {
    const wait = this.joins.take(client);
    if (wait > 0) throw tooMany(`More than ${this.settings.joinsPerMinute} joins in a minute.`, wait);
  }

  publish({ principal, address, messages }: { principal: Principal; address: string; messages: number }): void {
    const key = principal.anonymous ? `anonymous ${addressGroup(address)}` : principal.id;
    const wait = this.publications.take(key, messages);
    if (wait > 0) throw tooMany(`More than ${this.settings.publishesPerMinute} messages in a minute.`, wait);
  }
}

function perMinute(count: number): { size: number; perSecond: number } {
  return { size: count, perSecond: count / 60 };
}

/** @param wait ms, `Infinity` where waiting does not help */
function tooMany(message: string, wait: number): GatewayError {
  return new GatewayError('rate_limit_exceeded', message, Number.isFinite(wait) ? wait : null);
}

function tooManyConnections(of: string, most: number): GatewayError {
  return new GatewayError('too_many_connections', `This ${of} has ${most} connections already.`, CONNECTIONS_RETRY);
}
