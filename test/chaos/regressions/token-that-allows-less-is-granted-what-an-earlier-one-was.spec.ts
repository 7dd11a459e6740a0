import { SignJWT } from 'jose';
import { Stage } from '../../support/rogue.js';
import { Talker } from '../../support/talker.js';

const secret = 'a secret of at least thirty-two characters';

function token(claims: Record<string, unknown>): Promise<string> {
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setSubject('somebody').setExpirationTime('1h');
  return jwt.sign(new TextEncoder().encode(secret));
}

describe('a client that joins its session again with a token of fewer scopes', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is granted what that token allows, not what the first one did', async () => {
    const gateway = await stage.gateway({
      units: [{ name: 'u', kind: 'mcp', command: 'true' }],
      auth: { jwt: { secret } },
    });
    const much = await token({ scope: 'presence' });
    const little = await token({ scope: 'nothing' });
    const first = await Talker.native(gateway.wsUrl, { client_id: 'a', token: much });
    await first.close();
    const again = await Talker.native(gateway.wsUrl, { client_id: 'a', token: little, scopes: ['presence'] });
    expect(again.connected.resumed).toBe(true);
    const other = await Talker.native(gateway.wsUrl, { client_id: 'b', token: much });
    await again.settled();
    expect(again.frames.filter(({ type }) => type === 'presence')).toEqual([]);
    await Promise.all([again.close(), other.close()]);
  });
});
