import Table from 'cli-table3';
import { cut, widthOf } from './text.js';

export interface Column<Row> {
  head: string;
  of(row: Row): string;
  /** For figures. */
  right?: boolean;
  /** May be cut to this many columns where the table would be too wide; without it, only when nothing else helps. */
  least?: number;
  /** Colours what is shown. */
  paint?(text: string, row: Row): string;
}

/** Between two columns. */
const GAP = 2;
/** Less says nothing. */
const NARROWEST = 4;

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map(name => [name, '']),
);

/**
 * Rows in columns, without lines around them.
 * @param width columns that there are; what does not fit is cut with `…`
 * @param head colours the names of the columns
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
  head: (text: string) => string,
): string {
  const cells = rows.map(row => columns.map(column => column.of(row)));
  const natural = columns.map(({ head }, i) => Math.max(widthOf(head), ...cells.map(line => widthOf(line[i]!)), 1));
  const widths = fitted(natural, columns, width - GAP * (columns.length - 1));
  const drawn = new Table({
    head: columns.map(({ head: name, right }, i) =>
      withGap(head(cut(name, widths[i]!)), right === true && i < columns.length - 1),
    ),
    chars: NO_LINES,
    colWidths: widths.map((each, i) => each + (i === columns.length - 1 ? 0 : GAP)),
    colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const [r, line] of cells.entries()) {
    drawn.push(line.map((text, i) => painted(cut(text, widths[i]!), columns[i]!, rows[r]!, i < columns.length - 1)));
  }
  return drawn
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}

function painted<Row>(text: string, { paint, right }: Column<Row>, row: Row, gap: boolean): string {
  return withGap(paint ? paint(text, row) : text, right === true && gap);
}

/** The gap is part of the cell: what stands at its right side stands before the gap. */
function withGap(text: string, gap: boolean): string {
  return gap ? `${text}${' '.repeat(GAP)}` : text;
}

/** Widths that add up to at most `room`: the widest of those that may be cut gives first. */
function fitted<Row>(natural: readonly number[], columns: readonly Column<Row>[], room: number): number[] {
  const widths = [...natural];
  const least = (i: number): number => columns[i]!.least ?? Infinity;
  const shrink = (floor: (i: number) => number): void => {
    for (let over = sum(widths) - room; over > 0; over--) {
      const able = [...widths.keys()].filter(i => widths[i]! > floor(i));
      if (able.length === 0) return;
      const widest = able.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
      widths[widest]!--;
    }
  };
  shrink(least);
  shrink(() => NARROWEST);
  return widths;
}

function sum(all: readonly number[]): number {
  return all.reduce((a, b) => a + b, 0);
}
