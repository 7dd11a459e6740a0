import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { GatewayError } from '../kernel/errors.js';
import { HandshakePacing } from '../kernel/ports/handshake-gate.js';
import { Levers } from '../kernel/ports/levers.js';

export abstract class GateSettings {
  /** Milliseconds that one may wait for its turn. */
  abstract readonly patience: number;
  /** How many may wait. */
  abstract readonly most?: number;
  /** 0 ≤ random < 1. */
  abstract readonly random?: () => number;
}

interface Waiting {
  isThere: () => boolean;
  /** `Clock.elapsed()` until which it waits. */
  until: number;
  resolve: () => void;
  reject: (why: GatewayError) => void;
}

const MOST = 4_096;
/** Milliseconds between turns: some are let in, then the event loop serves who is connected. */
const SLICE = 10;
/** Slices whose turns may be saved up: a loop that was late does not catch up in one burst. */
const SAVED = 2;
/** Milliseconds after which those who are sent away may come back, at the earliest. */
const SOONEST = 1_000;
/** Per second, of those who still wait when the lever is released. */
const RELEASED = 10_000;

/**
 * Lets handshakes begin at the pace of the lever `handshakes`, first come, first served. Without the lever nobody waits
 * and nothing is kept. Who could not be served in time is sent away at once, each for another time, so that they do not
 * come back together.
 */
@Injectable()
export class HandshakeGate extends HandshakePacing {
  private readonly waiting = new Set<Waiting>();
  /** Those who have had a turn before: were they sent away, that one would have been for nothing. */
  private readonly begun = new Set<Waiting>();
  private readonly patience: number;
  private readonly most: number;
  private readonly random: () => number;
  private tokens = 1;
  private filledAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly levers: Levers,
    private readonly clock: Clock,
    { patience, most = MOST, random = Math.random }: GateSettings,
  ) {
    super();
    this.patience = patience;
    this.most = most;
    this.random = random;
  }

  get size(): number {
    return this.waiting.size + this.begun.size;
  }

  enter(isThere: () => boolean, begun = false): Promise<void> | undefined {
    const pace = this.levers.now.handshakes.get('');
    if (pace === undefined && this.size === 0) return undefined;
    const now = this.clock.elapsed();
    this.fill(now);
    const before = begun ? this.begun.size : this.size;
    if (before === 0 && this.takeToken()) return undefined;
    return this.wait(begun ? this.begun : this.waiting, before, isThere, now);
  }

  /** One slice: public so that it can be told by another clock than the machine's. */
  turn(): void {
    const now = this.clock.elapsed();
    this.fill(now);
    for (const one of [...this.begun, ...this.waiting]) {
      if (!one.isThere()) this.settle(one, new GatewayError('invalid_request', 'The client left before its turn.'));
      else if (this.takeToken()) this.settle(one);
      else if (now >= one.until) this.settle(one, this.refusal());
    }
    if (this.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** @param before how many go first */
  private wait(queue: Set<Waiting>, before: number, isThere: () => boolean, now: number): Promise<void> {
    const expected = (before / this.pace) * 1_000;
    if (queue.size >= this.most || expected >= this.patience) throw this.refusal();
    this.timer ??= setInterval(() => this.turn(), SLICE).unref();
    return new Promise((resolve, reject) => {
      queue.add({ isThere, until: now + this.patience, resolve, reject });
    });
  }

  private get pace(): number {
    return this.levers.now.handshakes.get('') ?? RELEASED;
  }

  private settle(one: Waiting, refusal?: GatewayError): void {
    this.waiting.delete(one);
    this.begun.delete(one);
    if (refusal) one.reject(refusal);
    else one.resolve();
  }

  private takeToken(): boolean {
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  private fill(now: number): void {
    const perMs = this.pace / 1_000;
    const most = Math.max(1, perMs * SLICE * SAVED);
    const since = Math.max(0, now - this.filledAt);
    this.tokens = since === Infinity ? most : Math.min(most, this.tokens + since * perMs);
    this.filledAt = now;
  }

  private refusal(): GatewayError {
    const retryAfter = Math.round(SOONEST + this.random() * 2 * this.patience);
    return new GatewayError('overloaded', 'Too many connect at the same time.', retryAfter);
  }
}
