import { GatewayError } from '../../kernel/errors.js';
import { Levers, LeverSnapshot } from '../../kernel/ports/levers.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Way } from './connector.js';
import { UpstreamSession } from './upstream-session.js';
import { SlowStart } from '../../routing/slow-start.js';

/** Links that are opened at once only because others were left. */
const MOST_OPENING = 16;
/** Sessions moved before the event loop has its turn. */
const SLICE = 200;

/**
 * Leads upstream sessions away from instances that levers say to avoid, or whose circuit is forced open, and back when that is over:
 * those whose unit keeps no state, and shared ones. It is done link by link, not call by call: calls in flight stay with the link
 * that is left, new ones go by the new one. Nobody leaves where there is no other instance to go to.
 */
export class Rebalancer {
  private shunned: ReadonlySet<string> = new Set();
  private sessions: Iterable<UpstreamSession> = [];
  /** Opens a link where there is none; rejects where none can be had. */
  private connect: (upstream: UpstreamSession) => Promise<void> = () => Promise.resolve();
  /** The last is the next. */
  private queue: UpstreamSession[] = [];
  private opening = 0;
  private underWay = false;
  private readonly returns: SlowStart<Instance, UpstreamSession>;

  constructor(
    private readonly way: Way,
    private readonly levers: Levers,
  ) {
    this.returns = new SlowStart((instance, upstream) => this.goBack(instance, upstream));
  }

  /** @param connect opens a link where there is none; rejects where none can be had */
  start(sessions: Iterable<UpstreamSession>, connect: (upstream: UpstreamSession) => Promise<void>): void {
    this.sessions = sessions;
    this.connect = connect;
    let before = this.levers.now;
    this.levers.onChange(now => {
      const { suppressed, drained, circuit } = before;
      before = now;
      if (now.suppressed !== suppressed || now.drained !== drained || now.circuit !== circuit) this.changed(now);
    });
  }

  /**
   * Before a call: its session may leave its link now, and so get another.
   * @returns why the call cannot go by the link that it has
   */
  check(upstream: UpstreamSession): GatewayError | undefined {
    const { link } = upstream;
    if (this.shunned.size === 0 || !link || !this.shuns(link.instance)) return undefined;
    const { instance } = link;
    if (this.mayLeave(upstream)) this.leave(upstream);
    else if (this.levers.now.circuit.get(instance.id) === 'open') return this.way.circuits.refusal(instance);
    return undefined;
  }

  /** The session is no more. */
  forget(upstream: UpstreamSession): void {
    this.returns.delete(upstream);
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
    const leaving = [...this.sessions].filter(upstream => this.mayLeave(upstream));
    const [missed, others] = [leaving.filter(one => one.isMissed), leaving.filter(one => !one.isMissed)];
    this.queue = [...new Set([...missed, ...others, ...this.queue])];
    this.pump();
  }

  private mayLeave(upstream: UpstreamSession): boolean {
    const { link, unit, owner } = upstream;
    if (!link || !this.shuns(link.instance) || !upstream.settledIn) return false;
    return (unit.stateless || owner.shared) && this.hasRefuge(unit, link.instance);
  }

  private hasRefuge({ instances }: Unit, from: Instance): boolean {
    return instances.some(one => one !== from && this.isWell(one));
  }

  private isWell(instance: Instance): boolean {
    const { health, circuits } = this.way;
    return !this.shuns(instance) && !health.isOut(instance) && circuits.state(instance) !== 'open';
  }

  private leave(upstream: UpstreamSession): void {
    this.returns.add(upstream.link!.instance, upstream);
    this.depart(upstream);
  }

  /** Leaves the link; what is in flight there comes to its end there. */
  private depart(upstream: UpstreamSession): void {
    const link = upstream.leave();
    if (!link.busy) {
      upstream.dropped(link);
      void link.close(new GatewayError('session_ended'));
    }
    // Calls that wait for room at the unit find a link when it is their turn.
    if (upstream.queued.size > 0) this.connect(upstream).catch(() => undefined);
  }

  private pump(): void {
    for (let moved = 0; moved < SLICE && this.opening < MOST_OPENING; moved++) {
      const upstream = this.queue.pop();
      if (!upstream) return;
      if (this.mayLeave(upstream)) this.leave(upstream);
      this.replace(upstream);
    }
    if (this.queue.length === 0 || this.opening >= MOST_OPENING || this.underWay) return;
    this.underWay = true;
    setImmediate(() => {
      this.underWay = false;
      this.pump();
    });
  }

  /** Whoever listens gets another link at once, all others with their next call. */
  private replace(upstream: UpstreamSession): void {
    if (upstream.link || upstream.ended || !upstream.isMissed) return;
    this.opening++;
    const done = (): void => {
      this.opening--;
      this.pump();
    };
    this.connect(upstream).then(done, done);
  }

  /** @returns whether it need not be asked again */
  private goBack(instance: Instance, upstream: UpstreamSession): boolean {
    if (!this.isWell(instance)) return false;
    const { link, unit } = upstream;
    if (upstream.ended || link?.instance === instance || !unit.instances.includes(instance)) return true;
    if (!link) return !upstream.waiting;
    if (!upstream.settledIn) return false;
    upstream.wanted = instance;
    this.depart(upstream);
    this.queue.push(upstream);
    this.pump();
    return true;
  }
}
