/** The page and its pictures. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const DOCS = new URL('../../docs/', import.meta.url);
const PICTURES = 'performance/';

const NOT_MEASURED = `## What this does not measure

TLS, a network, credentials, large messages, streamed answers and days. Everything runs on one machine, load generators
included, so each figure holds what they take from each other; compare within a table and not between pages. Peers run as their
READMEs have them, supergateway with its log of every message off; a set-up made for speed may do better.`;

/**
 * @param given `command`, `host`, `versions`, and `parts`: `{ title, text, charts }`
 * @returns `{ page, pictures }`, the latter name → SVG
 */
export function pageOf({ command, host, versions, parts }) {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const head = [
    '# Performance',
    'Viable beside its peers, in one run. Written by the command below, figures and sentences; [load/README.md](../load/README.md) has the ' +
      'measurements one by one.',
    `\`\`\`sh\n${command}\n\`\`\``,
    `${host}. ${list.join(', ')}. Tables have medians and in parentheses the smallest and the largest round, unless they say otherwise.`,
  ];
  const pictures = {};
  const sections = parts.flatMap(({ title, text, charts }) => {
    const images = Object.entries(charts).map(([name, svg]) => {
      pictures[name] = svg;
      return `![${title}](${PICTURES}${name}.svg)`;
    });
    return [`## ${title}`, ...text, ...images];
  });
  return { page: `${[...head, ...sections, NOT_MEASURED].join('\n\n')}\n`, pictures };
}

/** As `npm run lint` wants it. */
const formatted = async (path, text) => format(text, { ...(await resolveConfig(path)), filepath: path });

export async function write({ page, pictures }) {
  mkdirSync(new URL(PICTURES, DOCS), { recursive: true });
  const path = fileURLToPath(new URL('PERFORMANCE.md', DOCS));
  writeFileSync(path, await formatted(path, page));
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(new URL(`${PICTURES}${name}.svg`, DOCS), svg);
}
