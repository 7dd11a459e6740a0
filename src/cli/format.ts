import { spellDuration } from './duration.js';

const DAY = 86_400_000;
const NONE = '–';

/** A number of things: `12,345`. */
export function count(n: number | null | undefined): string {
  return isNumber(n) ? n.toLocaleString('en-US', { maximumFractionDigits: 0 }) : NONE;
}

/** A figure of which the first digits matter: `12,345`, `123`, `4.56`. */
export function figure(n: number | null | undefined): string {
  if (!isNumber(n)) return NONE;
  const maximumFractionDigits = Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  return n.toLocaleString('en-US', { maximumFractionDigits });
}

/** @param ms a latency: `4.2 ms`, and from 10 s on as a duration */
export function latency(ms: number | null | undefined): string {
  if (!isNumber(ms)) return NONE;
  return ms >= 10_000 ? spellDuration(ms) : `${figure(ms)} ms`;
}

export function perSecond(n: number | null | undefined): string {
  return isNumber(n) ? `${figure(n)}/s` : NONE;
}

/** @param share 0 … 1 */
export function percent(share: number | null | undefined): string {
  return isNumber(share) ? `${figure(share * 100)} %` : NONE;
}

export function bytes(n: number | null | undefined): string {
  if (!isNumber(n)) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let size = n;
  let unit = 0;
  for (; size >= 1_024 && unit < units.length - 1; unit++) size /= 1_024;
  return `${figure(size)} ${units[unit]}`;
}

/** Milliseconds, as an age. */
export function duration(ms: number | null | undefined): string {
  return isNumber(ms) ? spellDuration(ms) : NONE;
}

/**
 * Local time, with its date where that is more than a day from now.
 * @param when ISO 8601, or milliseconds since the epoch
 */
export function time(when: string | number | null | undefined, now: number): string {
  const date = new Date(when ?? NaN);
  if (Number.isNaN(date.getTime())) return NONE;
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (Math.abs(now - date.getTime()) <= DAY) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

/** How long ago that is: `3m 20s`. */
export function ago(when: string | number | null | undefined, now: number): string {
  const at = new Date(when ?? NaN).getTime();
  return Number.isNaN(at) ? NONE : spellDuration(Math.max(0, now - at));
}

/** `1 client`, `3 clients`. */
export function several(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Any value of JSON in a few words. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return NONE;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : figure(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `name=value, name=value`. */
export function listed(members: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return parts.map(([name, value]) => `${name}=${plain(value)}`).join(' ');
}

function isNumber(n: unknown): n is number {
  return typeof n === 'number' && Number.isFinite(n);
}
