/**
 * What the messages of the push measurements hold: when they were published, which one it is and for whom. All numbers
 * have a fixed count of digits, so that a payload has the size it is to have and is read without parsing JSON.
 */
import { micros } from '../processes/monotonic.js';

/** Added to each number, so that it has as many digits as the largest one. */
const BASE = { at: 1e15, n: 1e8, to: 1e6 };
const DIGITS = { at: 16, n: 9, to: 7 };
/** In `to`, of a broadcast. */
export const ALL = 999_999;
/** Bytes without padding. */
const BARE = '{"at":,"n":,"to":,"pad":""}'.length + DIGITS.at + DIGITS.n + DIGITS.to;
const PADDING = 'x'.repeat(1 << 20);

/** Where the numbers begin, counted from the opening brace. */
export const AT = '{"at":'.length;
const N = AT + DIGITS.at + ',"n":'.length;
const TO = N + DIGITS.n + ',"to":'.length;

/** JSON text, stamped with this moment; `size` bytes long, or the least there can be. */
export function payloadText(n, to, size) {
  const pad = PADDING.slice(0, Math.max(0, size - BARE));
  return `{"at":${BASE.at + Math.round(micros())},"n":${BASE.n + n},"to":${BASE.to + to},"pad":"${pad}"}`;
}

/** The number whose digits begin there, up to what is no digit. */
export function digits(data, start) {
  let number = 0;
  for (let i = start; data[i] >= 48 && data[i] <= 57; i++) number = number * 10 + data[i] - 48;
  return number;
}

/** Microseconds at which the payload that begins there was published. */
export const publishedAt = (data, start) => digits(data, start + AT) - BASE.at;
export const numberOf = (data, start) => digits(data, start + N) - BASE.n;
export const addressee = (data, start) => digits(data, start + TO) - BASE.to;
