import { table } from './table.js';
import { widthOf } from './text.js';

interface Row {
  name: string;
  n: number;
  note: string;
}

const columns = [
  { head: 'NAME', of: ({ name }: Row) => name, least: 8 },
  { head: 'COUNT', of: ({ n }: Row) => String(n), right: true },
  { head: 'NOTE', of: ({ note }: Row) => note, least: 6 },
];
const draw = (rows: Row[], width: number): string[] => table(rows, columns, width, text => text).split('\n');

describe('a table', () => {
  it('stands in columns without lines, figures at the right', () => {
    const rows = [
      { name: 'ann', n: 5, note: 'x' },
      { name: 'benjamin', n: 12_345, note: '' },
    ];
    expect(draw(rows, 80)).toEqual(['NAME      COUNT  NOTE', 'ann           5  x', 'benjamin  12345']);
  });

  it.each([120, 80, 40, 24])('fits %d columns', width => {
    const rows = [{ name: 'n'.repeat(90), n: 1_234_567, note: '世界'.repeat(30) }];
    const lines = draw(rows, width);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
    expect(lines[1]).toContain('…');
    if (width >= 40) expect(lines[1]).toContain('1234567');
  });

  it('cuts before it colours', () => {
    const red = (text: string): string => `\x1b[31m${text}\x1b[39m`;
    const drawn = table(
      [{ t: 'too long a text' }],
      [{ head: 'T', of: ({ t }) => t, least: 4, paint: red }],
      8,
      text => text,
    );
    expect(drawn).toBe(`T\n${red('too lon…')}`);
  });
});
