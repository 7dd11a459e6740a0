import { RunningGateway, startGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

const TOKEN = 'one-token-for-all-of-us';

describe('in calm, regulation hurts nobody', () => {
  let gateway: RunningGateway;
  afterEach(() => gateway.stop());

  it('lets sessions that share one token call one tool as often as they like, while nothing waits', async () => {
    const units = [{ name: 'echo', kind: 'echo' }];
    gateway = await startGateway({ units, auth: { token: TOKEN }, regulation: { interval: 100 } });
    let found = false;
    gateway.bus.on('usage_pattern', ({ pattern }) => (found ||= pattern === 'tool_hammering'));
    const open = async (): Promise<RawSession> => {
      const session = new RawSession(gateway.mcpUrl, undefined, { authorization: `Bearer ${TOKEN}` });
      await session.initialize();
      return session;
    };
    const sessions = [await open(), await open()];
    const errors: unknown[] = [];
    const call = async (session: RawSession): Promise<void> => {
      const answer = await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } });
      const text = await answer.text();
      if (text.includes('"error"')) errors.push(text);
    };
    const rounds = async (): Promise<void> => {
      await Promise.all(sessions.flatMap(session => Array.from({ length: 10 }, () => call(session))));
    };
    await until(async () => (await rounds(), found), 'the pattern');
    for (let i = 0; i < 5; i++) await rounds();
    expect(errors).toEqual([]);
    expect(gateway.levers.settings()).toEqual([]);
  });
});
