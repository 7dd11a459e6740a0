/** Rounds of two sides as rows of a table. */
import { decimal, whole } from './markdown.js';
import { of, ratios, SIDES } from './rivals.js';
import { median } from './stats.js';

export const HEADING = [
  'median',
  'calls/s, off',
  'on',
  'on ÷ off (quartiles)',
  'gateway µs/call, off',
  'on',
  'on ÷ off (quartiles)',
  'p99 ms, off',
  'on',
];

export function row({ title, rounds }) {
  const middle = (side, figure, format) => format(median(of(rounds, side, figure)));
  return [
    title,
    ...SIDES.map(side => middle(side, 'callsPerSecond', whole)),
    ratios(rounds, 'callsPerSecond'),
    ...SIDES.map(side => middle(side, 'gatewayMicros', value => decimal(value, 1))),
    ratios(rounds, 'gatewayMicros'),
    ...SIDES.map(side => middle(side, 'p99', value => decimal(value, 2))),
  ];
}
