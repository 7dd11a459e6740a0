import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../telemetry/event-bus.js';
import { SystemClock } from '../kernel/clock.js';
import { Log } from '../kernel/log.js';
import { BalanceName, Instance, LiveUnit } from '../kernel/ports/unit.js';
import { InstanceHealth } from './instance-health.js';
import { Router } from './router.js';

const instance = (id: string, weight = 1): Instance => ({ id, unit: id.split('/')[0]!, weight }) as Instance;

function unitOf(name: string, balance: BalanceName, instances: readonly Instance[]): LiveUnit {
  const traits = { stateless: false, trusted: false, lease: 'exclusive', aliases: {} } as const;
  return { name, instances, size: 1, overflow: 0, balance, ...traits };
}

const idsOf = (instances: readonly Instance[]): string[] => instances.map(({ id }) => id);
const keys = Array.from({ length: 3_000 }, (_, i) => `session-${i}`);

describe('Router', () => {
  const loads = new Map<string, number>();
  const avoided = new Set<string>();
  let health: InstanceHealth;
  let router: Router;

  beforeEach(() => {
    loads.clear();
    avoided.clear();
    health = new InstanceHealth({ fall: 1, rise: 1 }, new EventBus(new EventEmitter2(), {} as Log), new SystemClock());
    const four = (unit: string): Instance[] => [1, 2, 3, 4].map(i => instance(`${unit}/${i}`));
    const units = [
      unitOf('ring', 'ring', four('ring')),
      unitOf('turns', 'round_robin', four('turns')),
      unitOf('load', 'least_loaded', [instance('load/1'), instance('load/2')]),
    ];
    router = new Router(units, health, {
      vnodes: 150,
      load: ({ id }) => loads.get(id) ?? 0,
      isAvoided: id => avoided.has(id),
    });
  });

  const candidates = (name: string, key: string): string[] => idsOf(router.candidates(router.unit(name), key));

  it('balances each unit in its own way', () => {
    expect(candidates('ring', 'k')).toEqual(candidates('ring', 'k'));
    expect([1, 2, 3, 4, 5].map(() => candidates('turns', 'k')[0])).toEqual([1, 2, 3, 4, 1].map(i => `turns/${i}`));
    loads.set('load/1', 1);
    expect([1, 2].map(() => candidates('load', 'k'))).toEqual([
      ['load/2', 'load/1'],
      ['load/2', 'load/1'],
    ]);
  });

  it.each(['ring', 'turns', 'load'])(
    'tries instances of %s to be avoided after those that are well, before those out',
    name => {
      const [first, second, ...others] = router.unit(name).instances;
      avoided.add(first!.id);
      for (let i = 0; i < 20; i++) expect(candidates(name, `key-${i}`).at(-1)).toBe(first!.id);
      health.failed(second!);
      for (let i = 0; i < 20; i++)
        expect(candidates(name, `key-${i}`).slice(others.length)).toEqual([first!.id, second!.id]);
      for (const each of router.unit(name).instances) avoided.add(each.id);
      expect(candidates(name, 'k')).toHaveLength(2 + others.length);
      expect(candidates(name, 'k').at(-1)).toBe(second!.id);
    },
  );

  it.each(['ring', 'turns', 'load'])(
    'tries instances of %s that are out after all others, and back in their place',
    name => {
      const [first] = router.unit(name).instances;
      health.failed(first!);
      for (let i = 0; i < 20; i++) expect(candidates(name, `key-${i}`).at(-1)).toBe(first!.id);
      for (const other of router.unit(name).instances) health.failed(other);
      expect(candidates(name, 'k').sort()).toEqual(idsOf(router.unit(name).instances).sort());
      for (const each of router.unit(name).instances) health.succeeded(each);
      expect(keys.slice(0, 20).map(key => candidates(name, key)[0])).toContain(first!.id);
    },
  );

  it('lets an instance that comes have its share, and moves nothing else', () => {
    const before = keys.map(key => candidates('ring', key)[0]);
    router.add('ring', instance('ring/new', 4));
    const after = keys.map(key => candidates('ring', key)[0]);
    expect(after.every((id, i) => id === 'ring/new' || id === before[i])).toBe(true);
    expect(after.filter(id => id === 'ring/new').length / keys.length).toBeCloseTo(0.5, 1);
    router.remove('ring', 'ring/new');
    expect(keys.map(key => candidates('ring', key)[0])).toEqual(before);
  });

  it('shows in the unit what is there now, to whoever held it before', () => {
    const unit = router.unit('load');
    const [one, two] = unit.instances;
    const held = unit.instances;
    router.add('load', instance('load/3'));
    expect(idsOf(unit.instances)).toEqual(['load/1', 'load/2', 'load/3']);
    expect(router.remove('load', 'load/1')).toBe(one);
    expect(idsOf(unit.instances)).toEqual(['load/2', 'load/3']);
    expect(router.units[2]).toBe(unit);
    expect(held).toEqual([one, two]);
  });

  it('lets the last one go', () => {
    for (const id of ['load/1', 'load/2']) router.remove('load', id);
    expect(router.unit('load').instances).toEqual([]);
    expect(candidates('load', 'k')).toEqual([]);
    router.add('load', instance('load/9'));
    expect(candidates('load', 'k')).toEqual(['load/9']);
  });

  it('takes an instance that was out and removed as well when it comes again', () => {
    const gone = router.unit('load').instances[0]!;
    health.failed(gone);
    router.remove('load', gone.id);
    router.add('load', gone);
    expect(health.isOut(gone)).toBe(false);
  });

  it('refuses units it does not know, and a second instance of one id', () => {
    const unknown = unitOf('unknown', 'ring', []);
    for (const attempt of [
      () => router.add('unknown', instance('unknown/1')),
      () => router.remove('unknown', 'unknown/1'),
      () => router.candidates(unknown, 'k'),
      () => router.unit('unknown'),
    ]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'unit_not_found' }));
    }
    expect(router.remove('ring', 'ring/none')).toBeUndefined();
    expect(() => router.add('ring', instance('ring/1'))).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(router.unit('ring').instances).toHaveLength(4);
  });

  it('takes the only unit for one that was not named, and asks where there are several', () => {
    expect(() => router.unit(undefined)).toThrow(expect.objectContaining({ code: 'unit_required' }));
    const only = unitOf('only', 'ring', []);
    expect(new Router([only], health, { vnodes: 1, load: () => 0 }).unit(undefined)).toBe(only);
  });
});
