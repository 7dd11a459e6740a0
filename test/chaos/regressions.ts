import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const FOLDER = 'test/chaos/regressions';
const TITLE = /^(\s*)(describe|it)(?:\.each\([\s\S]*?\)\s*)?\(\s*(['"`])(.*?)\3,/gm;

/** The faults of that folder by the titles of their tests: who does what, and what holds all the same. */
export function regressionTable(): string {
  const named = (path: string): string => basename(path);
  const rows = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.spec.ts'))
    .sort((a, b) => (named(a) < named(b) ? -1 : 1))
    .flatMap(path => rowsOf(readFileSync(join(FOLDER, path), 'utf8')));
  return ['| what happens | what holds |', '|---|---|', ...rows].join('\n');
}

function rowsOf(source: string): string[] {
  let fault = '';
  const rows: string[] = [];
  for (const [, , kind, , title] of source.matchAll(TITLE)) {
    const text = title!.replaceAll('|', '\\|').replaceAll("\\'", "'").replace(/%[sj]/g, '…');
    if (kind === 'describe') fault = text;
    else rows.push(`| ${fault} | ${text} |`);
  }
  return rows;
}
