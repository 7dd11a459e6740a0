import { stripVTControlCharacters } from 'node:util';

/**
 * Control characters, those that change the direction of text or show nothing, and what is no character at all. Clients choose
 * their names: printed as it is, one could move the cursor, set the title of the window, or look like another.
 */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNFIT_OR_ESCAPE = new RegExp(`${UNFIT.source}|\\\\`, 'gu');
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/** Text that cannot break a terminal: what is unfit stands there as `\n`, `\x1b` or `\u{202e}`, and a backslash as two. */
export function harmless(text: string): string {
  return text.replace(UNFIT_OR_ESCAPE, char => {
    const code = char.codePointAt(0)!;
    return SHORT[char] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`);
  });
}

/** The same for all text, names of members included, in parsed JSON. */
export function harmlessData(data: unknown): unknown {
  if (typeof data === 'string') return harmless(data);
  if (Array.isArray(data)) return data.map(harmlessData);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [harmless(name), harmlessData(value)]));
}

/** One line of JSON that says the same as any other, with what is unfit for a terminal escaped. */
export function harmlessJson(data: unknown): string {
  return (JSON.stringify(data) ?? 'null').replace(UNFIT, pair =>
    [...Array(pair.length).keys()].map(i => `\\u${hex(pair.charCodeAt(i), 4)}`).join(''),
  );
}

/** What `harmless` has printed, as it was: so that a name can be copied from a table into a command. */
export function asItWas(printed: string): string {
  return printed.replace(
    /\\(?:[nrt\\]|x([0-9a-f]{2})|u\{([0-9a-f]{4,6})\})/g,
    (escape, short?: string, long?: string) => {
      const code = short ?? long;
      if (code !== undefined) return codePoint(parseInt(code, 16)) ?? escape;
      return Object.keys(SHORT).find(char => SHORT[char] === escape) ?? escape;
    },
  );
}

function codePoint(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\uff01-\uff60]/gu;
const COMBINING = /\p{M}/gu;

/** Columns that a line takes in a terminal; colours take none. */
export function widthOf(line: string): number {
  const plain = stripVTControlCharacters(line).replace(COMBINING, '');
  return [...plain].length + (plain.match(WIDE)?.length ?? 0);
}

/** A line of at most so many columns, cut with `…`; what is cut loses its colours. */
export function cut(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  let kept = '';
  for (const char of stripVTControlCharacters(line)) {
    if (widthOf(kept + char) > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/** Lines of at most so many columns, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map(each => cut(each, width));
}
