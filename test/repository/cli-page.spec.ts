import { readFileSync } from 'node:fs';
import type { Command } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { EXIT } from '../../src/cli/exit.js';

const page = readFileSync('docs/CLI.md', 'utf8');
const rows = page.split('\n').filter(line => line.startsWith('|'));
/** Commands as the table writes them, each in a code span of the first column. */
const written = rows.flatMap(row => [...row.split(' | ')[0]!.matchAll(/`([a-z][^`]*)`/g)].map(([, text]) => text!));

function given(commands: readonly Command[], before = ''): [words: string, command: Command][] {
  return commands.flatMap((command): [string, Command][] => {
    const words = `${before}${command.syntax.split(' ')[0]}`;
    return [
      ...(command.run ? [[words, command] as [string, Command]] : []),
      ...given(command.below ?? [], `${words} `),
    ];
  });
}

const commands = given(COMMANDS);

describe('docs/CLI.md', () => {
  it.each(commands)('has %s', words => {
    // `policy` alone is `policy show`.
    expect(written.some(text => `${text} `.startsWith(`${words} `))).toBe(true);
  });

  it('has no command and no option that there is not', () => {
    for (const text of written.filter(each => each !== 'completion')) {
      const found =
        commands.filter(([words]) => `${text} `.startsWith(`${words} `)).at(-1) ??
        commands.find(([words]) => words.startsWith(text));
      expect([text, found?.[0]]).toEqual([text, expect.any(String)]);
      const options = [...text.matchAll(/--([a-z-]+)/g)].map(([, name]) => name!.replace(/^no-/, ''));
      for (const option of options) expect(Object.keys(found![1].options ?? {})).toContain(option);
    }
  });

  it('says what each exit code means', () => {
    const codes = rows.map(row => /^\| *(\d+) \|/.exec(row)?.[1]).filter(Boolean);
    expect(codes.map(Number)).toEqual(Object.values(EXIT));
  });
});
