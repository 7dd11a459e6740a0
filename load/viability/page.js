/** The page that holds the report, between two markers. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- viability:begin -->';
const END = '<!-- viability:end -->';

/** The page with this between its markers; where there are none, they are added at its end. */
export function placed(page, report) {
  const block = `${BEGIN}\n\n${report}\n\n${END}`;
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from) return `${page.trimEnd()}\n\n${block}\n`;
  return page.slice(0, from) + block + page.slice(to + END.length);
}

export function writePage(path, report) {
  const page = existsSync(path) ? readFileSync(path, 'utf8') : '# Viability\n';
  writeFileSync(path, placed(page, report));
}
