import { readFileSync } from 'node:fs';

/** The facts of docs/LOGS.md: their levels and fields. */
export function factsOfLogPage(): Map<string, { level: string; fields: string[] }> {
  const [, table = ''] = /<!-- facts -->(.*)<!-- \/facts -->/s.exec(readFileSync('docs/LOGS.md', 'utf8')) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)` *\| `(\w+)` *\| (.*?) *\|$/gm)];
  return new Map(
    rows.map(([, fact, level, fields]) => [
      fact!,
      { level: level!, fields: [...fields!.matchAll(/`(\w+)`/g)].map(([, field]) => field!) },
    ]),
  );
}
