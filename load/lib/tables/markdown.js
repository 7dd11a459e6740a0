/** A markdown table of rows of text, the first of them the headings; all columns but the first stand to the right. */
export function markdown(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map(row => row[column].length)));
  const line = row =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(rows[0]), line(rule), ...rows.slice(1).map(line)].join('\n');
}

/** A count or a rate: 12,345. */
export const whole = value => (Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–');

/** @param digits behind the point */
export const decimal = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');

/** Bytes as MiB. */
export const mib = (bytes, digits = 1) => decimal(bytes / 1024 / 1024, digits);
