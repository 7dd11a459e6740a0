import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CONFIG_FILE_VARIABLE, ENVIRONMENT_VARIABLES, UNUSED_VARIABLES } from './environment.js';
import { INTERPOLATED_FIELDS } from './interpolate.js';
import { CONFIG_FILES } from './load.js';
import { gatewaySchema } from './schema.js';
import { echoUnitSchema, httpUnitSchema, stdioUnitSchema } from './units.js';

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  default?: unknown;
}

const text = readFileSync(join(__dirname, '../../docs/CONFIGURATION.md'), 'utf8');

/** Rows of the tables, by their first cell; cells without their back quotes. */
const rows = new Map(
  text
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.split('|').map(cell => cell.trim().replace(/^`(.*)`$/, '$1')))
    .map(([, key, ...cells]) => [key ?? '', cells]),
);

/** [path, default] of every setting that is not a section. */
function settingsOf(schema: JsonSchema, path: string[] = []): [string, unknown][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) =>
    property.properties ? settingsOf(property, [...path, key]) : [[[...path, key].join('.'), property.default]],
  );
}

const asJson = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
const settings = settingsOf(asJson(gatewaySchema)).filter(([key]) => key !== 'units' && key !== 'mcpServers');
const unitFields = [stdioUnitSchema, httpUnitSchema, echoUnitSchema].flatMap(schema => settingsOf(asJson(schema)));

describe('docs/CONFIGURATION.md', () => {
  it('is checked against a schema with settings in it', () => {
    expect(settings.length).toBeGreaterThan(30);
    expect(unitFields.map(([key]) => key)).toEqual(expect.arrayContaining(['command', 'urls', 'transport']));
  });

  it.each(settings)('lists %s with its default and its variable', (key, preset) => {
    const variable = ENVIRONMENT_VARIABLES.find(({ path }) => path.join('.') === key)?.name ?? '';
    const shown = typeof preset === 'string' ? preset : JSON.stringify(preset);
    expect(rows.get(key)?.slice(0, 2)).toEqual([shown ?? '', variable]);
  });

  it('lists no setting that does not exist', () => {
    const known = new Set([...settings, ...unitFields].map(([key]) => key));
    for (const name of UNUSED_VARIABLES) known.add(name);
    expect([...rows.keys()].filter(key => !known.has(key))).toEqual([]);
  });

  it.each([...new Set(unitFields.map(([key]) => key))])('lists the field %s of units', key => {
    expect(rows.has(key)).toBe(true);
  });

  it.each([
    CONFIG_FILE_VARIABLE,
    ...ENVIRONMENT_VARIABLES.map(({ name }) => name),
    ...UNUSED_VARIABLES,
    ...CONFIG_FILES,
    ...INTERPOLATED_FIELDS,
    'mcpServers',
    'disabled',
  ])('mentions %s', name => {
    expect(text).toContain(`\`${name}\``);
  });
});
