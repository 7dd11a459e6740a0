import { Pain } from '../../telemetry/signals.js';
import { isTransport } from '../../kernel/ports/levers.js';
import { InstanceVitals, PoolVitals } from '../../kernel/ports/vitals.js';

/** Pains that are kept. */
const MOST = 1_000;

type Instances = readonly Pick<InstanceVitals, 'unit' | 'instance'>[];
type Pools = readonly Pick<PoolVitals, 'instance' | 'waiting'>[];

/**
 * The critical pains that are open, and which of them are the gateway's. A unit that is sick is helped where it is sick: by its
 * circuits, its concurrency, other instances. To shed the work of all others for it would spread what is wrong. So
 * pains of units count only where most units hurt, and more than one: then it is something that they share. A pool that
 * is used up by sessions that all have what they need hurts nobody until somebody waits for it. What a single client does
 * counts never.
 */
export class OpenPains {
  private readonly pains = new Map<string, Pain>();

  begin(pain: Pain): void {
    if (pain.severity !== 'critical') return void this.pains.delete(pain.id);
    if (this.pains.size >= MOST && !this.pains.has(pain.id)) this.pains.delete(this.pains.keys().next().value!);
    this.pains.set(pain.id, pain);
  }

  end({ id }: { id: string }): void {
    this.pains.delete(id);
  }

  /** Those that are the gateway's, each as its message. */
  shared(instances: () => Instances, pools: () => Pools): string[] {
    if (this.pains.size === 0) return [];
    const own = [...this.pains.values()].filter(isGateways).map(({ message }) => message);
    const hurt = this.unitsThatHurt(instances(), pools());
    return [...own, ...hurt.map(unit => `the unit ${unit} hurts, as most do`)];
  }

  /** Most of the units, if most hurt; else none. A unit hurts that is named itself, or of which more than half of the instances are. */
  private unitsThatHurt(instances: Instances, pools: Pools): string[] {
    const waited = new Set(pools.filter(({ waiting }) => waiting > 0).map(({ instance }) => instance));
    const counting = [...this.pains.values()].filter(({ source, of }) => source !== 'pool' || waited.has(of));
    const about = new Set(counting.map(({ of }) => of));
    const units = new Map<string, { all: number; hurt: number }>();
    for (const { unit, instance } of instances) {
      const count = units.get(unit) ?? { all: 0, hurt: 0 };
      units.set(unit, { all: count.all + 1, hurt: count.hurt + Number(about.has(instance)) });
    }
    const hurt = [...units].filter(([unit, { all, hurt }]) => about.has(unit) || hurt * 2 > all).map(([unit]) => unit);
    return hurt.length >= 2 && hurt.length * 2 > units.size ? hurt : [];
  }
}

/** About the gateway itself, its memory, or one of its transports. */
function isGateways({ source, of }: Pain): boolean {
  return of === '' || source === 'memory' || isTransport(of);
}
