import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { ConfigModule } from '../config/config.module.js';
import { parseConfig } from '../config/load.js';
import { Log } from '../kernel/log.js';
import { LiveUnit } from '../kernel/ports/unit.js';
import { UnitModule } from './unit.module.js';
import { Units } from '../kernel/ports/units.js';

@Module({})
class Root {}

async function unitOf(unit: object): Promise<LiveUnit> {
  const { config } = parseConfig({ units: [unit] }, {}, '/');
  const log = { child: () => log } as unknown as Log;
  const module = { module: Root, imports: [ConfigModule.forRoot(config, log), UnitModule] };
  const context = await NestFactory.createApplicationContext(module, { logger: false });
  const [made] = context.get(Units, { strict: false }).all;
  await context.close();
  return made!;
}

const shown = ({ instances }: LiveUnit) => instances.map(({ id, unit, weight }) => [id, unit, weight]);

describe('a unit of the configuration', () => {
  it.each([
    [{ command: 'x' }, [['u/stdio', 'u', 1]]],
    [{ command: 'x', instances: 2 }, ['u/stdio', 'u/stdio#1'].map(id => [id, 'u', 1])],
    [{ url: 'http://h:1/mcp?key=s' }, [['u/h:1', 'u', 1]]],
    [
      { urls: ['http://h:1/a', { url: 'http://h:1/b', weight: 2.5 }, 'http://h:1/a'] },
      [
        ['u/h:1', 'u', 1],
        ['u/h:1#1', 'u', 2.5],
      ],
    ],
  ])('of %j has its instances', async (settings, instances) => {
    expect(shown(await unitOf({ name: 'u', kind: 'mcp', ...settings }))).toEqual(instances);
  });

  it('has the traits it was given', async () => {
    const traits = { stateless: true, trusted: true, lease: 'shared', balance: 'round_robin', aliases: { a: 'b' } };
    for (const where of [{ command: 'x' }, { url: 'http://h' }]) {
      expect(await unitOf({ name: 'u', kind: 'mcp', ...where, ...traits })).toMatchObject(traits);
    }
    expect(await unitOf({ name: 'u', kind: 'echo' })).toMatchObject({
      ...{ stateless: true, trusted: true, lease: 'exclusive', balance: 'ring', aliases: {} },
    });
  });
});
