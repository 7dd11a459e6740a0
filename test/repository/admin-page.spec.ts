import { readFileSync, writeFileSync } from 'node:fs';
import { CONTROLLERS } from '../../src/management/admin/admin.module.js';
import { routesOf } from '../../src/management/admin/routes.js';

const FILE = 'docs/ADMIN.md';
const [BEGIN, END] = ['<!-- routes -->', '<!-- /routes -->'];

function table(): string {
  const rows = routesOf(CONTROLLERS).map(({ method, path, description: { summary, body, query } }) => {
    const names = [body, query].flatMap(schema => Object.keys((schema as { shape?: object } | undefined)?.shape ?? {}));
    const takes = names.map(name => `\`${name}\``).join(', ');
    return `| ${method.toUpperCase()} | \`${path}\` | ${takes} | ${summary} |`;
  });
  return ['| | path | takes | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** As prettier leaves it or as it was written: columns may be padded. */
const bare = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

it(`${FILE} says what the administration serves`, () => {
  const [before, rest = ''] = readFileSync(FILE, 'utf8').split(BEGIN);
  const [inside, after = ''] = rest.split(END);
  if (process.env.UPDATE_DOCS) writeFileSync(FILE, `${before}${BEGIN}\n\n${table()}\n\n${END}${after}`);
  else expect(bare(inside!)).toBe(bare(table()));
});
