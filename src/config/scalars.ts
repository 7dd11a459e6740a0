import { isIP } from 'node:net';
import { z } from 'zod';

/*
 * Every schema of this folder gives, as its zod message, what is allowed; `explain.ts` adds where and what was given.
 * For an unknown key the message is the list of known keys, joined by KEY_SEPARATOR.
 */

export const KEY_SEPARATOR = ', ';

/** Node's timers fire at once when told to wait longer than this (ms). */
const LONGEST_TIMER = 2_147_483_647;

/** An object in which an unknown key is an error. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(KEY_SEPARATOR);
  return z.strictObject(shape, { error: issue => (issue.code === 'unrecognized_keys' ? known : 'object') });
}

/** A whole number; both ends are included. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodNumber {
  const error = max === Number.MAX_SAFE_INTEGER ? `integer of at least ${min}` : `integer from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

/** A string of at least `min` characters, by default one. */
export function text(error: string = 'string, not empty', min: number = 1): z.ZodString {
  return z.string({ error }).min(min, { error });
}

/** A string that `holds` accepts. */
export function textWhere(error: string, holds: (value: string) => boolean): z.ZodString {
  return z.string({ error }).refine(holds, { error });
}

/** TCP port; 0 lets the system choose a free one. */
export const port = integer(0, 65_535);

/** How many of something there may be, at least one. */
export const count = integer(1);

/** How many of something there may be, perhaps none. */
export const countOrNone = integer(0);

/** Bytes, at least one. */
export const bytes = integer(1);

/** Milliseconds, at least one. */
export const duration = integer(1, LONGEST_TIMER);

/** Milliseconds; 0 means at once. */
export const durationOrNone = integer(0, LONGEST_TIMER);

export const flag = z.boolean({ error: 'true or false' });

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  ...words: Words
): z.ZodEnum<{ [Word in Words[number]]: Word }> {
  const quoted = words.map(word => `"${word}"`);
  const last = quoted.pop()!;
  return z.enum(words, { error: quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}` });
}

/** A bearer token; blanks are refused because a token with a trailing line break never matches. */
export const token = textWhere('string without spaces or line breaks, not empty', value => /^\S+$/.test(value));

/** Key material of at least 32 characters (RFC 7518 §3.2: an HS256 key has at least 256 bits). */
export const secret = text('string of at least 32 characters', 32);

/** One that opens the administration: too long to be guessed. */
export const operatorToken = textWhere('string of at least 16 characters, without spaces or line breaks', value =>
  /^\S{16,}$/.test(value),
);

/** Of a webhook: `whsec_` and the base64 of at least 24 bytes (Standard Webhooks), or any text that is long enough. */
export const webhookSecret = textWhere(
  'string of at least 32 characters; after whsec_ base64 of at least 24 bytes',
  value => value.length >= 32 && (!value.startsWith('whsec_') || /^[A-Za-z0-9+/]{32,}={0,2}$/.test(value.slice(6))),
);

export const httpUrl = textWhere(
  'http or https URL',
  value => /^https?:\/\/[^/]/i.test(value) && !/\s/.test(value) && URL.canParse(value),
);

export const bindAddress = textWhere(
  'IP address or host name',
  value => isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value),
);

/** A value of the `Host` header (RFC 9110 §7.2), with or without port, in lower case as the comparison needs it. */
export const hostHeader = textWhere('host name, with or without port', value => /^[^\s/@]+$/.test(value)).toLowerCase();

/** A value of the `Origin` header (RFC 6454 §6.2), in lower case as browsers send it. */
export const origin = textWhere('origin such as https://app.example, without path', value =>
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/i.test(value),
).toLowerCase();

export const addressOrSubnet = textWhere('IP address or subnet such as 10.0.0.0/8', value => {
  const [address, prefix, ...rest] = value.split('/');
  const family = isIP(address ?? '');
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
});
