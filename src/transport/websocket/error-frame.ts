import { GatewayError } from '../../kernel/errors.js';

/** A native `error` frame of the door's own: it refuses a connection before anybody further in knows of it. */
export function errorFrame(error: GatewayError): string {
  return JSON.stringify({ type: 'error', id: null, ...error.body });
}
