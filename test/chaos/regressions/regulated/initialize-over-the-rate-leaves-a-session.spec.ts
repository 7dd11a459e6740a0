import { httpUnit, Stage } from '../../../support/rogue.js';
import { RawSession } from '../../../support/raw-http.js';

const TOKEN = 'a-token-of-some-length-0123456789';

/** Its id was in an error's header at most: nobody could use it, and it stayed until it was idle for long enough. */
describe('a client over its rate that begins session after session', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('leaves no sessions behind', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({
      units: [httpUnit('u', remote)],
      auth: { token: TOKEN },
      regulation: { enabled: false },
    });
    const keys: string[] = [];
    gateway.bus.on('session_opened', ({ client }) => keys.push(client));
    const begin = (): Promise<any> =>
      new RawSession(gateway.mcpUrl, '2025-11-25', { authorization: `Bearer ${TOKEN}` }).initialize();
    expect((await begin()).result).toBeDefined();
    gateway.levers.set('s3', 'rate_limit', keys[0]!, 0.001, 'a test');
    for (let i = 0; i < 5; i++) await begin();
    const { error } = await begin();
    expect(error.data.error).toBe('rate_limit_exceeded');
    // The first, and one whose token was there.
    expect(gateway.sight.vitals.load().sessions).toBe(2);
  });
});
