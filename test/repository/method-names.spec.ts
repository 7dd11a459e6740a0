import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Where methods of MCP may be named: what an era means, what several units together mean, and what a unit speaks. */
const ROOMS = /^(mcp\/(eras|federation)|unit\/mcp-[^/]+)\//;

/** Others that name some, and why. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['unit/echo/echo-instance.ts', 'It is an MCP server itself.'],
  ['transport/streamable-http/event-stream.ts', 'It tells of events that are not held any more, as a log message.'],
]);

const METHOD =
  /^(initialize|notifications\/\w[\w/]*|(tools|prompts|resources|tasks|logging|completion|sampling|elicitation|roots)\/[a-zA-Z/]+)$/;

/** Methods of MCP that a source names in string literals. */
function methodsIn(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText =
      ts.isStringLiteralLike(node) && !ts.isImportDeclaration(node.parent) && !ts.isLiteralTypeNode(node.parent);
    if (isText && METHOD.test(node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.ts', source, ts.ScriptTarget.ES2022, true));
  return found;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  path => /(?<!\.spec|\.contract)\.ts$/.test(path) && !/^(client|cli)\//.test(path),
);

describe('methods of MCP', () => {
  it('are named by eras, federation and MCP units only', () => {
    const naming = files
      .filter(path => !ROOMS.test(path) && !EXCEPTIONS.has(path))
      .flatMap(path => methodsIn(readFileSync(join('src', path), 'utf8')).map(method => `${path}: ${method}`));
    expect(naming).toEqual([]);
  });

  it('are named by each of the exceptions', () => {
    for (const path of EXCEPTIONS.keys()) expect(methodsIn(readFileSync(join('src', path), 'utf8'))).not.toEqual([]);
  });

  it('are noticed where they are planted', () => {
    expect(methodsIn("if (frame.method === 'tools/call') go();")).toEqual(['tools/call']);
    expect(methodsIn("const x = { method: 'notifications/cancelled', params };")).toEqual(['notifications/cancelled']);
    expect(methodsIn('const a = `initialize`;')).toEqual(['initialize']);
    expect(methodsIn("import x from './tools/call.js'; // 'tools/call'\ntype T = 'initialize';")).toEqual([]);
  });
});
