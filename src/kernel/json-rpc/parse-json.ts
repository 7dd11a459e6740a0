import { GatewayError } from '../errors.js';

/** @throws GatewayError `parse_error` */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError('parse_error');
  }
}
