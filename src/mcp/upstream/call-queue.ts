import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { FairQueue, FairQueueLimits } from '../../kernel/fair-queue.js';
import { Levers } from '../../kernel/ports/levers.js';
import { Flight } from '../eras/legacy/request-map.js';
import { Waiting } from './call.js';
import { Turn, UpstreamSession } from './upstream-session.js';

/** Milliseconds between two looks for calls that have waited for too long, at most. */
const LOOK = 100;
/** Calls that may wait at a unit, and the characters in them. */
const MOST = 10_000;
const MOST_CHARACTERS = 32 * 1024 * 1024;

export interface CallQueueSettings {
  /** Calls all sessions together may have in flight at a unit: no unit's slowness fills the gateway. */
  most: number;
  /** Milliseconds that a call waits for its turn. */
  patience: number;
}

/** What is done with those that waited. */
export interface QueuedCalls {
  /** There is room for it now. */
  send(turn: Turn): void;
  /** It is not sent any more. */
  refuse(turn: Turn, why: GatewayError): void;
}

/**
 * The calls in flight at one unit and, where there is a limit (lever `concurrency`), those that wait for room: sent as
 * others end, in turn by client. One that has its share (lever `fair_share`) in flight is passed over while others wait.
 */
export class CallQueue implements Flight {
  /** Calls in flight. */
  count = 0;
  /** Calls that were refused because too many waited or were in flight, or because they had waited too long. */
  shed = 0;
  private readonly queue = new FairQueue<Turn>(limitsOf(0));
  /** Of clients with calls that were sent under a limit. */
  private readonly clients = new Map<string, ClientFlight>();
  private woken = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly unit: string,
    private readonly levers: Levers,
    private readonly clock: Clock,
    private readonly turns: QueuedCalls,
    private readonly settings: CallQueueSettings,
  ) {}

  get waiting(): number {
    return this.queue.length;
  }

  /** Milliseconds. */
  get oldestWait(): number {
    const { oldest } = this.queue;
    return oldest === undefined ? 0 : this.clock.elapsed() - oldest;
  }

  /**
   * Asks for room for a call.
   * @param isWork whether it is work: what asks for a sign of life waits for no room
   * @returns under what the call counts and may be sent now; undefined where it waits
   * @throws GatewayError `unit_busy`, `duplicate_id`
   */
  enter(upstream: UpstreamSession, one: Waiting, isWork = true): Flight | undefined {
    const limit = this.levers.now.concurrency.get(this.unit);
    const free = (limit === undefined && this.waiting === 0) || !isWork;
    if (free && this.count < this.settings.most) return this;
    if (free) throw this.busy(`${this.count} calls in flight, as many as it may`, 1_000);
    const client = upstream.owner.clientOf(one.scope);
    if (this.waiting === 0 && this.count < this.limit) return this.flightOf(client);
    this.wait(upstream, one, client);
    return undefined;
  }

  began(): void {
    this.count++;
  }

  ended(): void {
    this.count--;
    if (this.waiting > 0) this.wake();
  }

  /** Room may have come up: what waits is sent when what happens now has come to its end. */
  wake(): void {
    if (this.woken || this.waiting === 0) return;
    this.woken = true;
    queueMicrotask(() => this.serve());
  }

  /** Nobody waits for this call any more. @returns undefined where it does not wait */
  withdraw(upstream: UpstreamSession, scope: string, id: string): Turn | undefined {
    const ticket = upstream.queued.take(scope, id);
    if (ticket) this.queue.withdraw(ticket);
    return ticket?.value;
  }

  /** Takes all that waits of an upstream session, or what one of those who use it has there. */
  withdrawAll(upstream: UpstreamSession, scope?: string): Turn[] {
    const tickets = upstream.queued.takeAll(scope);
    for (const ticket of tickets) this.queue.withdraw(ticket);
    return tickets.map(({ value }) => value);
  }

  /** Under what the calls of a client count that go while there is a limit. */
  flightOf(client: string): Flight {
    return this.clients.get(client) ?? new ClientFlight(client, this, this.clients);
  }

  /** Tells those that have waited for too long. */
  look(): void {
    const { patience } = this.settings;
    for (const turn of this.queue.takeBefore(this.clock.elapsed() - patience)) {
      this.left(turn);
      this.turns.refuse(turn, this.busy(`no room for this call, which waited ${patience} ms`, patience));
    }
    if (this.waiting === 0) this.rest();
  }

  /** One at least: without answers nobody learns that the unit is well again. */
  private get limit(): number {
    const { most } = this.settings;
    return Math.min(most, Math.max(1, Math.floor(this.levers.now.concurrency.get(this.unit) ?? most)));
  }

  private wait(upstream: UpstreamSession, one: Waiting, client: string): void {
    const { frame, scope } = one;
    if (upstream.has(frame.id, scope)) throw new GatewayError('duplicate_id');
    this.queue.resize(limitsOf(this.limit));
    const turn: Turn = { ...one, upstream, client };
    const ticket = this.queue.push(client, turn, this.clock.elapsed(), frame.text.length);
    if (!ticket) throw this.busy(`${this.count} calls in flight, and as many wait as may`, this.settings.patience);
    upstream.queued.add(scope, frame.id, ticket);
    this.timer ??= setInterval(() => this.look(), Math.min(LOOK, this.settings.patience)).unref();
  }

  private serve(): void {
    this.woken = false;
    const share = this.levers.now.fair_share.get(this.unit);
    const { limit } = this;
    const most = share === undefined ? Infinity : Math.max(1, Math.floor(share * limit));
    const mayGo = (client: string): boolean => (this.clients.get(client)?.count ?? 0) < most;
    while (this.waiting > 0 && this.count < limit) {
      const turn = this.queue.take(share === undefined ? undefined : mayGo)!;
      this.left(turn);
      this.turns.send(turn);
    }
    if (this.waiting === 0) this.rest();
  }

  private left({ upstream, scope, frame }: Turn): void {
    upstream.queued.take(scope, frame.id);
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private busy(state: string, retryAfter: number): GatewayError {
    this.shed++;
    return new GatewayError('unit_busy', `The unit has ${state}.`, retryAfter);
  }
}

/** One client's calls in flight at a unit; known as long as there are any. */
class ClientFlight implements Flight {
  count = 0;

  constructor(
    private readonly client: string,
    private readonly unit: Flight,
    private readonly known: Map<string, ClientFlight>,
  ) {}

  began(): void {
    if (this.count++ === 0) this.known.set(this.client, this);
    this.unit.began();
  }

  ended(): void {
    if (--this.count === 0) this.known.delete(this.client);
    this.unit.ended();
  }
}

function limitsOf(concurrency: number): FairQueueLimits {
  return { most: Math.min(MOST, 4 * concurrency + 64), mostSize: MOST_CHARACTERS };
}
