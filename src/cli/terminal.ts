import { styleText } from 'node:util';
import * as figures from './format.js';
import { Column, table } from './table.js';
import { cut, wrap } from './text.js';

type Style = Parameters<typeof styleText>[0];

/** What a terminal is narrowest and widest taken for, and what a file or a pipe is taken for. */
const WIDTHS = { least: 40, most: 160, none: 120 };

/** What views are written on: how wide it is, whether it has colours, and what time it is. */
export class Terminal {
  readonly width: number;

  constructor(
    columns: number | undefined,
    private readonly colours: boolean,
    readonly now: number = Date.now(),
  ) {
    this.width = Math.min(Math.max(columns ?? WIDTHS.none, WIDTHS.least), WIDTHS.most);
  }

  paint(style: Style, text: string): string {
    return this.colours && text !== '' ? styleText(style, text) : text;
  }

  bold(text: string): string {
    return this.paint('bold', text);
  }

  good(text: string): string {
    return this.paint('green', text);
  }

  bad(text: string): string {
    return this.paint('red', text);
  }

  odd(text: string): string {
    return this.paint('yellow', text);
  }

  dim(text: string): string {
    return this.paint('gray', text);
  }

  /** @param none what stands there where there are no rows */
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], none = 'none'): string {
    return rows.length === 0 ? this.dim(none) : table(rows, columns, this.width, text => this.dim(text));
  }

  /** A heading and what belongs to it. */
  section(title: string, content: string): string {
    return `${this.bold(title)}\n${content}`;
  }

  /** Names and values below each other; what is undefined is left out. */
  facts(all: Readonly<Record<string, string | undefined>>): string {
    const told = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const indent = Math.max(0, ...told.map(([name]) => name.length)) + 2;
    return told
      .map(([name, value]) => `${this.dim(name.padEnd(indent))}${this.prose(value, indent).trimStart()}`)
      .join('\n');
  }

  /** Sentences, broken to the width. @param indent columns before each line */
  prose(text: string, indent = 0): string {
    const before = ' '.repeat(indent);
    return wrap(text, this.width - indent)
      .map(line => `${before}${line}`)
      .join('\n');
  }

  /** One line. @param taken columns that are taken already */
  cut(text: string, taken = 0): string {
    return cut(text, Math.max(this.width - taken, 1));
  }

  time(when: string | number | null | undefined): string {
    return figures.time(when, this.now);
  }

  ago(when: string | number | null | undefined): string {
    return figures.ago(when, this.now);
  }
}

/** Parts of a page with an empty line between them; empty parts are left out. */
export function page(...parts: (string | undefined)[]): string {
  return parts.filter(part => part !== undefined && part !== '').join('\n\n');
}
