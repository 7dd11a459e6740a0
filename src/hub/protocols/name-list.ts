import { GatewayError } from '../../kernel/errors.js';
import { isObject } from './json-object.js';

/** Names in one list, such as the topics of a session. */
export const MAX_NAMES = 64;
/** UTF-16 units of a name. */
export const MAX_NAME = 128;

/** @throws GatewayError `invalid_message`, always */
export function wrong(parameter: string, expected: string): never {
  throw new GatewayError('invalid_message', `"${parameter}" must be ${expected}.`);
}

/**
 * A list in any of the forms that clients send it in: an array, an array as JSON text, names separated by commas, or
 * what servers make of `topics[0]=a` (an object whose keys are indexes). Undefined where it is none of these.
 */
export function readList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (isObject(value)) return Object.keys(value).every(key => /^\d+$/.test(key)) ? Object.values(value) : undefined;
  if (typeof value !== 'string') return undefined;
  return parseArray(value) ?? split(value);
}

function parseArray(text: string): unknown[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    return JSON.parse(text) as unknown[];
  } catch {
    // A name may begin with a bracket.
    return undefined;
  }
}

function split(text: string): string[] {
  return text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
}

/**
 * Distinct names, in the order given; a whole number is a name too.
 * @throws GatewayError `invalid_message`
 */
export function readNames(value: unknown, parameter: string): string[] {
  const list = readList(value) ?? wrong(parameter, 'an array of names, or names separated by commas');
  return limited([...new Set(list.map(name => readName(name, parameter)))], parameter);
}

/** @throws GatewayError `invalid_message` if these are more names than one list may hold */
export function limited(names: string[], parameter: string): string[] {
  return names.length <= MAX_NAMES ? names : wrong(parameter, `at most ${MAX_NAMES} names`);
}

function readName(value: unknown, parameter: string): string {
  const name = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof name === 'string' && name.length >= 1 && name.length <= MAX_NAME) return name;
  return wrong(parameter, `names of 1 to ${MAX_NAME} characters`);
}
