/**
 * Looking into JSON text without rebuilding it. The gateway changes three values of a message at most (its id, a
 * progress token, a request id), so it finds where they stand and puts others there; every other byte, large integers
 * and unknown members included, goes on as it came.
 *
 * All functions expect text that `JSON.parse` has accepted; they do not validate.
 */
export interface Span {
  start: number;
  end: number;
}

export interface Edit extends Span {
  value: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const SPACE = 0x20;

export function skipSpace(text: string, at: number): number {
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}

/** `at` stands on the opening quote; returns the position after the closing one. */
function skipString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/** `at` stands on the first character of a value; returns the position after it. */
function skipValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return skipString(text, at);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(text, at);
  for (let code = first; code > SPACE && code !== COMMA && code !== CLOSE_BRACE && code !== CLOSE_BRACKET;) {
    code = text.charCodeAt(++at);
  }
  return at;
}

function skipNested(text: string, at: number): number {
  for (let depth = 0; ;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at++;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at;
  }
}

/** The members of the object that opens at `at`, in order, repeated names included. */
export function* members(text: string, at: number): Generator<{ key: string } & Span> {
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const afterKey = skipString(text, at);
    const raw = text.slice(at + 1, afterKey - 1);
    const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    const start = skipSpace(text, skipSpace(text, afterKey) + 1);
    const end = skipValue(text, start);
    yield { key, start, end };
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) return;
    at = skipSpace(text, at + 1);
  }
}

/** The elements of the array that opens at `at`. */
export function* elements(text: string, at: number): Generator<Span> {
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = skipValue(text, at);
    yield { start: at, end };
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
}

/** Where the value at `path` stands below the object at `at`; of a repeated name the last one, as `JSON.parse` has it. */
export function locate(text: string, at: number, path: readonly string[]): Span | undefined {
  let found: Span | undefined;
  const [name, ...rest] = path;
  for (const member of members(text, at)) if (member.key === name) found = member;
  if (!found || rest.length === 0) return found && { start: found.start, end: found.end };
  return text.charCodeAt(found.start) === OPEN_BRACE ? locate(text, found.start, rest) : undefined;
}

/** `text` with every edit made; spans refer to the text as given and do not overlap. */
export function applyEdits(text: string, edits: Edit[]): string {
  edits.sort((a, b) => a.start - b.start);
  let result = '';
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.start) + edit.value;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** The same JSON on one line: outside strings a line break is only white space, and inside them it cannot stand raw. */
export function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text;
}
