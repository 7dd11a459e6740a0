import { SignJWT } from 'jose';
import { Principal } from '../kernel/ports/access.js';
import { ConfiguredAuthenticator } from './authenticator.js';
import { ClaimsAuthorizer } from './authorizer.js';
import { JwtVerifier } from './jwt-verifier.js';

const secret = 'a-secret-of-more-than-thirty-two-characters';
const anonymous: Principal = { id: 'anonymous', anonymous: true };
const far = '192.0.2.1';
const asked = { role: 'node', scopes: ['publish', 'presence', '*'] };
const nothing = { role: undefined, scopes: [] };

const signed = async (claims: object): Promise<Principal> => {
  const token = await new SignJWT({ sub: 'ann', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
  const verifier = new JwtVerifier({ secret });
  expect(await verifier.verify(token)).toBe(await verifier.verify(token));
  return verifier.verify(token);
};

describe('ClaimsAuthorizer', () => {
  const authorizer = new ClaimsAuthorizer();
  const may = (principal: Principal, scope = 'publish', address = far): boolean =>
    authorizer.may(principal, address, scope);

  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('lets nobody on %s do everything', address => {
    expect(may(anonymous, 'publish', address)).toBe(true);
    expect(authorizer.grant(anonymous, address, asked)).toEqual(asked);
  });

  it.each([far, '::ffff:192.0.2.1', '2001:db8::1', '10.0.0.1', 'unknown', ''])(
    'lets nobody on %s do nothing',
    address => {
      expect(may(anonymous, 'publish', address)).toBe(false);
      expect(authorizer.grant(anonymous, address, asked)).toEqual(nothing);
    },
  );

  it('takes nothing from an anonymous principal for a claim', () => {
    const dressed: Principal = { ...anonymous, role: 'operator', scopes: ['*'] };
    expect(may(dressed)).toBe(false);
    expect(authorizer.grant(dressed, far, { role: 'operator', scopes: ['publish'] })).toEqual(nothing);
  });

  it('lets the static token do everything, from anywhere', async () => {
    const authenticator = new ConfiguredAuthenticator({ token: 'right', allowAnonymous: false });
    const token = await authenticator.authenticate({ token: 'right' });
    expect(token).toEqual({ id: 'token', anonymous: false, role: 'operator', scopes: ['*'] });
    expect(may(token, 'anything')).toBe(true);
    expect(authorizer.grant(token, far, asked)).toEqual(asked);
  });

  it.each<[object, boolean, boolean]>([
    [{ scope: 'read publish' }, true, false],
    [{ scope: 'publisher un-publish' }, false, false],
    [{ scopes: ['publish', 'presence'] }, true, true],
    [{ scopes: 'publish presence' }, true, true],
    [{ scp: ['presence', 7, null, ''] }, false, true],
    [{ scope: '', scp: ['publish'] }, false, false],
    [{ scope: { publish: true } }, false, false],
    [{ scope: '*' }, true, true],
    [{ role: 'operator' }, true, true],
    [{ role: 'node', scope: 'publish' }, true, false],
    [{ role: ['operator'] }, false, false],
    [{ role: '*' }, false, false],
    [{}, false, false],
  ])('reads %j: publish %s, presence %s', async (claims, publish, presence) => {
    const principal = await signed(claims);
    expect([may(principal), may(principal, 'presence')]).toEqual([publish, presence]);
    expect([may(principal, 'publish', '127.0.0.1'), may(principal, 'presence', '::1')]).toEqual([publish, presence]);
  });

  it.each<[object, object]>([
    [
      { role: 'node', scope: 'publish' },
      { role: 'node', scopes: ['publish'] },
    ],
    [
      { role: 'other', scope: 'presence x' },
      { role: undefined, scopes: ['presence'] },
    ],
    [{ scope: '*' }, { role: undefined, scopes: asked.scopes }],
    [{ role: 'operator' }, asked],
    [{}, nothing],
  ])('grants %j of what is asked for what it holds', async (claims, granted) => {
    expect(authorizer.grant(await signed(claims), far, asked)).toEqual(granted);
  });

  it('grants nothing that is not asked for', async () => {
    const principal = await signed({ role: 'node', scope: 'publish presence' });
    expect(authorizer.grant(principal, far, { scopes: [] })).toEqual(nothing);
  });
});
