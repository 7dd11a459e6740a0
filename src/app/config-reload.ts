import { isDeepStrictEqual } from 'node:util';
import { GatewayConfig, UnitConfig } from '../config/schema.js';
import { Log } from '../kernel/log.js';
import { UnitFactory } from '../unit/unit-factory.js';
import { UnitRegistry } from '../mcp/upstream/unit-registry.js';

/** What of a unit can change while it runs. */
const LIVE = new Set(['url', 'urls', 'instances', 'size', 'overflow', 'headers', 'command', 'args', 'env', 'cwd']);

export interface Reloaded {
  /** Instances that came and went. */
  added: string[];
  removed: string[];
  /** Settings that differ and take effect only at the next start. */
  restart: string[];
  /** The units as they are served now. */
  units: UnitConfig[];
}

/** Brings a running gateway to another configuration as far as that goes: instances of its units, and their pools' sizes. */
export class ConfigReload {
  constructor(
    private readonly unitRegistry: UnitRegistry,
    private readonly log: Log,
  ) {}

  apply(before: GatewayConfig, after: GatewayConfig): Reloaded {
    const changes: Reloaded = { added: [], removed: [], restart: restartFor(before, after), units: [] };
    const factory = new UnitFactory(after, this.log);
    for (const was of before.units) {
      const wanted = after.units.find(({ name }) => name === was.name);
      const live = wanted !== undefined && comparable(was, wanted);
      if (live) this.unit(was, wanted, factory, changes);
      changes.units.push(live ? wanted : was);
    }
    return changes;
  }

  private unit(was: UnitConfig, wanted: UnitConfig, factory: UnitFactory, changes: Reloaded): void {
    const unit = this.unitRegistry.units.find(({ name }) => name === wanted.name)!;
    const made = factory.make(wanted);
    const kept = sameWay(was, wanted) ? unchanged(was, wanted, unit.instances, made.instances) : new Set<string>();
    for (const { id } of unit.instances) {
      if (kept.has(id)) continue;
      changes.removed.push(id);
      void this.unitRegistry.remove(unit, id);
    }
    this.unitRegistry.resize(unit, made.size, made.overflow);
    for (const instance of made.instances) {
      if (kept.has(instance.id)) continue;
      changes.added.push(instance.id);
      this.unitRegistry.add({ ...unit, size: made.size, overflow: made.overflow }, instance);
    }
  }
}

/** The same unit but for what can change live. */
function comparable(was: UnitConfig, wanted: UnitConfig): boolean {
  const fixed = (unit: UnitConfig): object =>
    Object.fromEntries(Object.entries(unit).filter(([key]) => !LIVE.has(key)));
  return isDeepStrictEqual(fixed(was), fixed(wanted));
}

/** Whether instances are reached as before, so that those in both may stay. */
function sameWay(was: UnitConfig, wanted: UnitConfig): boolean {
  const sizes = new Set(['url', 'urls', 'instances', 'size', 'overflow']);
  const way = (unit: UnitConfig): object => Object.fromEntries(Object.entries(unit).filter(([key]) => !sizes.has(key)));
  return isDeepStrictEqual(way(was), way(wanted));
}

function unchanged(
  was: UnitConfig,
  wanted: UnitConfig,
  present: readonly { id: string; weight: number }[],
  made: readonly { id: string; weight: number }[],
): Set<string> {
  const urls = (unit: UnitConfig): string[] => ('urls' in unit ? unit.urls.map(({ url }) => url) : []);
  const gone = new Set(
    urls(was)
      .filter(url => !urls(wanted).includes(url))
      .map(url => new URL(url).host),
  );
  const same = present.filter(({ id, weight }) => made.some(one => one.id === id && one.weight === weight));
  // A path that changed behind the same host is another instance under the same id.
  return new Set(same.map(({ id }) => id).filter(id => !gone.has(id.slice(id.indexOf('/') + 1).replace(/#\d+$/, ''))));
}

function restartFor(before: GatewayConfig, after: GatewayConfig): string[] {
  const keys = Object.keys(after) as (keyof GatewayConfig)[];
  const settings = keys.filter(key => key !== 'units' && !isDeepStrictEqual(before[key], after[key]));
  const names = new Set([...before.units, ...after.units].map(({ name }) => name));
  const units = [...names].filter(name => {
    const [was, wanted] = [before, after].map(({ units: all }) => all.find(unit => unit.name === name));
    return !was || !wanted || !comparable(was, wanted);
  });
  return [...settings, ...units.map(name => `units.${name}`)];
}
