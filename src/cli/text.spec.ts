import { asItWas, cut, harmless, harmlessData, harmlessJson, widthOf, wrap } from './text.js';

const NASTY = [
  'a\x1b[2Jb',
  'line\nline',
  'bell\x07',
  'c1\x9b31m',
  'rtl\u202eevil',
  'zero\u200bwidth',
  'half\ud800',
  '\u2028',
  '\u{e0041}',
];

const CONTROL = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/;

describe('text of others', () => {
  it.each(NASTY)('%j cannot break a terminal, and can be read back', text => {
    expect(harmless(text)).not.toMatch(CONTROL);
    expect(asItWas(harmless(text))).toBe(text);
    expect(harmlessJson({ [text]: text })).not.toMatch(CONTROL);
    expect(JSON.parse(harmlessJson({ [text]: text }))).toEqual({ [text]: text });
  });

  it('shows escapes that people know, and keeps what is harmless', () => {
    expect(harmless('a\x1b[31m\n\u202e')).toBe('a\\x1b[31m\\n\\u{202e}');
    expect(harmless('Grüße, 世界 🎉')).toBe('Grüße, 世界 🎉');
    expect(harmless('C:\\new')).toBe('C:\\\\new');
    expect(asItWas('C:\\\\new')).toBe('C:\\new');
    expect(asItWas('token\\nann')).toBe('token\nann');
    expect(asItWas('\\u{ffffff}\\q')).toBe('\\u{ffffff}\\q');
  });

  it('reaches names of members and lists', () => {
    expect(harmlessData({ 'a\n': ['\x1b', { b: 1, c: null }] })).toEqual({ 'a\\n': ['\\x1b', { b: 1, c: null }] });
  });
});

describe('widths', () => {
  it('counts what a terminal shows', () => {
    expect([widthOf('abc'), widthOf('世界'), widthOf('e\u0301'), widthOf('\x1b[31mred\x1b[39m')]).toEqual([3, 4, 1, 3]);
  });

  it('cuts with an ellipsis, and not in the middle of a wide character', () => {
    expect([cut('abcdef', 6), cut('abcdef', 5), cut('世界世界', 6)]).toEqual(['abcdef', 'abcd…', '世界…']);
  });

  it('breaks between words', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('immeasurable', 5)).toEqual(['imme…']);
    expect(wrap('', 5)).toEqual(['']);
  });
});
