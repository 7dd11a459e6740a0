import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Lines of a file of `src/`, at most and in the middle; parameters of a constructor. */
const MOST = { lines: 400, median: 90, parameters: 6 };

/** Classes whose constructors take more, and why. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([]);

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(path => /(?<!\.spec|\.contract)\.ts$/.test(path))
  .map(path => ({ path, text: readFileSync(join('src', path), 'utf8') }));

const linesOf = (text: string): number => text.split('\n').length - 1;

/** Classes of a source, and how many parameters their constructors take. */
function constructorsIn(text: string): { name: string; parameters: number }[] {
  const found: { name: string; parameters: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isConstructorDeclaration(node)) {
      const { name } = node.parent;
      found.push({ name: name?.text ?? '(no name)', parameters: node.parameters.length });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.ts', text, ts.ScriptTarget.ES2022, true));
  return found;
}

const tooMany = (text: string): string[] =>
  constructorsIn(text)
    .filter(({ parameters }) => parameters > MOST.parameters)
    .map(({ name, parameters }) => `${name}: ${parameters}`);

describe('the source', () => {
  it('has files that are read at one go', () => {
    expect(files.filter(({ text }) => linesOf(text) > MOST.lines).map(({ path }) => path)).toEqual([]);
    const lines = files.map(({ text }) => linesOf(text)).sort((a, b) => a - b);
    expect(lines[lines.length >> 1]).toBeLessThanOrEqual(MOST.median);
  });

  it('has classes that need few others', () => {
    const found = files.flatMap(({ path, text }) => tooMany(text).map(each => `${path} ${each}`));
    expect(found.filter(each => ![...EXCEPTIONS.keys()].some(known => each.startsWith(known)))).toEqual([]);
  });

  it('has no exceptions that are none', () => {
    const found = files.flatMap(({ path, text }) => tooMany(text).map(each => `${path} ${each}`));
    for (const known of EXCEPTIONS.keys()) expect(found.some(each => each.startsWith(known))).toBe(true);
  });

  it('is seen to take too much where it does', () => {
    const parameters = Array.from({ length: MOST.parameters + 1 }, (_, i) => `private readonly p${i}: string`);
    expect(tooMany(`class A { constructor(${parameters.join(', ')}) {} }`)).toEqual(['A: 7']);
    expect(tooMany(`class A { constructor(${parameters.slice(1).join(', ')}) {} }`)).toEqual([]);
    expect(linesOf('a\n'.repeat(MOST.lines + 1))).toBe(MOST.lines + 1);
  });
});
