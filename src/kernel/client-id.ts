const CLIENT_ID = /^[\x21-\x7e]{1,128}$/;

/** What a client may be called: 1 to 128 visible ASCII characters. */
export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && CLIENT_ID.test(value);
}
