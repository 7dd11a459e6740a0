import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { GatewayError } from '../kernel/errors.js';
import { AuthenticatorSettings, ConfiguredAuthenticator } from './authenticator.js';
import { JwtVerifier } from './jwt-verifier.js';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';
const key = new TextEncoder().encode(SECRET);
type Key = Parameters<SignJWT['sign']>[0];

const jwt = (claims: object, signWith: Key = key, alg = 'HS256', expires: string | number = '1h'): Promise<string> =>
  new SignJWT({ sub: 'ann', iss: 'issuer', aud: 'viable', ...claims })
    .setProtectedHeader({ alg, kid: 'k1' })
    .setExpirationTime(expires)
    .sign(signWith);

async function who(settings: Partial<AuthenticatorSettings>, token?: string): Promise<string> {
  try {
    const authenticator = new ConfiguredAuthenticator({ allowAnonymous: false, ...settings });
    return (await authenticator.authenticate({ token })).id;
  } catch (thrown) {
    return (thrown as GatewayError).code;
  }
}

describe('ConfiguredAuthenticator', () => {
  it('lets everybody in as nobody where nothing is configured', async () => {
    expect(await who({})).toBe('anonymous');
    expect(await who({}, 'whatever')).toBe('anonymous');
  });

  it('knows the static token and nothing like it', async () => {
    expect(await who({ token: 'right' }, 'right')).toBe('token');
    for (const wrong of ['Right', 'right ', 'righ', '', undefined]) {
      expect(await who({ token: 'right' }, wrong)).toBe('unauthenticated');
    }
  });

  it('lets anonymous callers in beside the others if told so, but never with wrong credentials', async () => {
    expect(await who({ token: 'right', allowAnonymous: true })).toBe('anonymous');
    expect(await who({ token: 'right', allowAnonymous: true }, 'wrong')).toBe('unauthenticated');
  });

  describe('with HS256', () => {
    const settings = { jwt: new JwtVerifier({ secret: SECRET, issuer: 'issuer', audience: 'viable' }) };

    it('names the principal by issuer and subject, also from its cache', async () => {
      const token = await jwt({});
      expect(await who(settings, token)).toBe('jwt:issuer:ann');
      expect(await who(settings, token)).toBe('jwt:issuer:ann');
    });

    it('tells an expired token from a wrong one', async () => {
      expect(await who(settings, await jwt({}, key, 'HS256', 1_000))).toBe('token_expired');
    });

    it.each([
      ['another issuer', () => jwt({ iss: 'other' })],
      ['another audience', () => jwt({ aud: 'other' })],
      ['no subject', () => jwt({ sub: undefined })],
      ['another key', () => jwt({}, new TextEncoder().encode('another-secret-of-thirty-two-characters'))],
      ['another algorithm', () => jwt({}, new TextEncoder().encode(SECRET.repeat(2)), 'HS512')],
      ['no signature', () => Promise.resolve(new UnsecuredJWT({ sub: 'ann', iss: 'issuer', aud: 'viable' }).encode())],
      [
        'no expiry',
        () => new SignJWT({ sub: 'ann', iss: 'issuer', aud: 'viable' }).setProtectedHeader({ alg: 'HS256' }).sign(key),
      ],
      ['no shape', () => Promise.resolve('a.b.c')],
    ])('refuses a token with %s', async (_, make) => expect(await who(settings, await make())).toBe('unauthenticated'));

    it('forgets a cached token when it expires', async () => {
      const verifier = new JwtVerifier({ secret: SECRET });
      const token = await jwt({}, key, 'HS256', Math.floor(Date.now() / 1000) + 100);
      expect((await verifier.verify(token)).id).toBe('jwt:issuer:ann');
      jest.useFakeTimers({ now: Date.now() + 200_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token_expired' });
      jest.useRealTimers();
    });
  });

  describe('with a JWKS URL', () => {
    let server: Server;
    let settings: Partial<AuthenticatorSettings>;
    let privateKey: Key;

    beforeAll(async () => {
      const pair = await generateKeyPair('ES256', { extractable: true });
      ({ privateKey } = pair);
      const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
      server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      settings = { jwt: new JwtVerifier({ jwks_url: `http://127.0.0.1:${port}/jwks.json` }) };
    });
    afterAll(() => server.close());

    it('takes what the published key has signed', async () => {
      expect(await who(settings, await jwt({}, privateKey, 'ES256'))).toBe('jwt:issuer:ann');
    });

    it('refuses what another key has signed, and HS256 with whatever', async () => {
      const other = await generateKeyPair('ES256');
      expect(await who(settings, await jwt({}, other.privateKey, 'ES256'))).toBe('unauthenticated');
      expect(await who(settings, await jwt({}))).toBe('unauthenticated');
    });
  });
});
