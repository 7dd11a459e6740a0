import { GatewayError } from '../../kernel/errors.js';
import { errorBody } from './error-body.js';

describe('errorBody', () => {
  it.each([
    ['unauthenticated', 'authentication_failed', 'invalid_token'],
    ['token_expired', 'authentication_failed', 'token_expired'],
    ['outbox_full', 'outbox_full', 'outbox_full'],
  ] as const)('says %s as %s, %s', (code, error, reason) => {
    const body = errorBody(new GatewayError(code, 'Why.', 500));
    expect(body).toEqual({ error, reason, message: 'Why.', retry_after: 500 });
  });
});
