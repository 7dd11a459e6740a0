import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config-error.js';

/** How often a YAML document may expand its aliases; beyond that it is taken for a "billion laughs" attack. */
const MAX_ALIASES = 100;

/**
 * Reads a file of YAML, or of JSON where its name ends in `.json`, as plain objects; null stands for an empty file.
 * @throws ConfigError if it cannot be read or parsed
 */
export function readDocument(source: string): unknown {
  try {
    return parseText(readFileSync(source, 'utf8'), source);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw unreadable('file', (error as Error).message, source);
  }
}

/** Errors give the position, never the text: it may be a secret. */
function parseText(text: string, source: string): unknown {
  const lineCounter = new LineCounter();
  const json = extname(source) === '.json';
  const document = parseDocument(text, {
    schema: json ? 'json' : 'core',
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter,
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem === undefined) return document.toJS({ maxAliasCount: MAX_ALIASES });
  const { line, col } = lineCounter.linePos(problem.pos[0]);
  throw unreadable(`line ${line}, column ${col}`, problem.message.replace(/"[^"]*"/g, '"…"'), source);
}

function unreadable(path: string, message: string, source: string): ConfigError {
  const allowed = 'readable file in YAML or JSON';
  return new ConfigError([{ path, value: undefined, allowed, message }], source);
}
