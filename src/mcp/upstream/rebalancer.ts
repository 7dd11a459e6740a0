import { GatewayError } from '../../kernel/errors.js';
import { Levers, LeverSnapshot } from '../../kernel/ports/levers.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Way } from './connector.js';
import { Relay } from './upstream-session.js';
import { SlowStart } from '../../routing/slow-start.js';

/** The relays, as far as they evade. */
export interface Evader {
  all(): Iterable<Relay>;
  /** Leaves the link; what is in flight there comes to its end there. */
  depart(relay: Relay): void;
  /** Opens a link where there is none. @throws GatewayError why it cannot be had */
  connect(relay: Relay): Promise<void>;
}

/** Links that are opened at once only because others were left. */
const MOST_OPENING = 16;
/** Relays moved before the event loop has its turn. */
const SLICE = 200;

/**
 * Leads relays away from instances that levers say to avoid, or whose circuit is forced open, and back when that is over:
 * those whose unit keeps no state, and lines. It is done link by link, not call by call: calls in flight stay with the link
 * that is left, new ones go by the new one. Nobody leaves where there is no other instance to go to.
 */
export class Evasion {
  private shunned: ReadonlySet<string> = new Set();
  private evader: Evader | undefined;
  /** The last is the next. */
  private queue: Relay[] = [];
  private opening = 0;
  private underWay = false;
  private readonly returns: SlowStart<Instance, Relay>;

  constructor(
    private readonly way: Way,
    private readonly levers: Levers,
  ) {
    this.returns = new SlowStart((instance, relay) => this.goBack(instance, relay));
  }

  start(evader: Evader): void {
    this.evader = evader;
    let before = this.levers.now;
    this.levers.onChange(now => {
      const { suppressed, drained, circuit } = before;
      before = now;
      if (now.suppressed !== suppressed || now.drained !== drained || now.circuit !== circuit) this.changed(now);
    });
  }

  /**
   * Before a call: its relay may leave its link now, and so get another.
   * @returns why the call cannot go by the link that it has
   */
  check(relay: Relay): GatewayError | undefined {
    if (this.shunned.size === 0 || !relay.lease || !this.shuns(relay.lease.instance)) return undefined;
    const { instance } = relay.lease;
    if (this.mayLeave(relay)) this.leave(relay);
    else if (this.levers.now.circuit.get(instance.id) === 'open') return this.way.circuits.refusal(instance);
    return undefined;
  }

  /** The relay is no more. */
  forget(relay: Relay): void {
    this.returns.delete(relay);
  }

  private changed(now: LeverSnapshot): void {
    const before = this.shunned;
    const shunned = new Set([...now.suppressed.keys(), ...now.drained.keys()]);
    for (const [target, state] of now.circuit) if (state === 'open') shunned.add(target);
    this.shunned = shunned;
    for (const instance of this.returns.places()) this.returns[this.shuns(instance) ? 'hold' : 'begin'](instance);
    if ([...shunned].some(id => !before.has(id))) this.evacuate();
  }

  private shuns({ id }: Instance): boolean {
    return this.shunned.has(id);
  }

  /** Those that nobody will miss first: they need no other link before they are used again. */
  private evacuate(): void {
    const leaving = [...this.evader!.all()].filter(relay => this.mayLeave(relay));
    const [missed, others] = [leaving.filter(isMissed), leaving.filter(relay => !isMissed(relay))];
    this.queue = [...new Set([...missed, ...others, ...this.queue])];
    this.pump();
  }

  private mayLeave(relay: Relay): boolean {
    const { lease, unit, owner } = relay;
    if (!lease || !this.shuns(lease.instance) || !relay.settledIn || relay.heir) return false;
    return (unit.stateless || owner.shared) && this.hasRefuge(unit, lease.instance);
  }

  private hasRefuge({ instances }: Unit, from: Instance): boolean {
    return instances.some(one => one !== from && this.isWell(one));
  }

  private isWell(instance: Instance): boolean {
    const { health, circuits } = this.way;
    return !this.shuns(instance) && !health.isOut(instance) && circuits.state(instance) !== 'open';
  }

  private leave(relay: Relay): void {
    this.returns.add(relay.lease!.instance, relay);
    this.evader!.depart(relay);
  }

  private pump(): void {
    for (let moved = 0; moved < SLICE && this.opening < MOST_OPENING; moved++) {
      const relay = this.queue.pop();
      if (!relay) return;
      if (this.mayLeave(relay)) this.leave(relay);
      this.replace(relay);
    }
    if (this.queue.length === 0 || this.opening >= MOST_OPENING || this.underWay) return;
    this.underWay = true;
    setImmediate(() => {
      this.underWay = false;
      this.pump();
    });
  }

  /** Whoever listens gets another link at once, all others with their next call. */
  private replace(relay: Relay): void {
    if (relay.lease || relay.ended || !isMissed(relay)) return;
    this.opening++;
    const done = (): void => {
      this.opening--;
      this.pump();
    };
    this.evader!.connect(relay).then(done, done);
  }

  /** @returns whether it need not be asked again */
  private goBack(instance: Instance, relay: Relay): boolean {
    if (!this.isWell(instance)) return false;
    const { lease, unit } = relay;
    if (relay.ended || lease?.instance === instance || !unit.instances.includes(instance)) return true;
    if (!lease) return !relay.waiting;
    if (!relay.settledIn) return false;
    relay.wanted = instance;
    this.evader!.depart(relay);
    this.queue.push(relay);
    this.pump();
    return true;
  }
}

/** Whether somebody would miss what a unit says while there is no link. */
function isMissed({ attached, subscriptions }: Relay): boolean {
  return attached || subscriptions.size > 0;
}
