import { delay, httpUnit, Journal, Stage, stdioUnit, textIn, until } from '../../support/rogue.js';

/** The limits per session are applied to the relay, which all sessions of a line share. */
describe('one of two sessions that share a link', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  async function two(limits: object, what: object = {}) {
    const remote = await stage.remote(what);
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, { lease: 'shared' })], limits });
    const capabilities = { sampling: {} };
    const a = await stage.client(gateway.mcpUrl, capabilities);
    return { a, b: await stage.client(gateway.mcpUrl, capabilities), remote };
  }

  it('does not use up the calls of the other', async () => {
    const { a, b } = await two({ calls_per_session: 4 });
    for (let i = 0; i < 4; i++) void a.call('hang', {}, {}, 3_000);
    await delay(200);
    expect(textIn(await b.call('whoami'))).toMatch(/^\d+$/);
  });

  it('does not use up the subscriptions of the other', async () => {
    const { a, b } = await two({ subscriptions_per_session: 2 });
    for (let i = 0; i < 2; i++) await a.ask('resources/subscribe', { uri: `a://${i}` });
    expect(await b.ask('resources/subscribe', { uri: 'b://1' })).toMatchObject({ result: {} });
  });

  it('does not use up the questions of the other', async () => {
    const { a, b } = await two({ calls_per_session: 4 });
    for (let i = 0; i < 4; i++) {
      void a.call('ask', {}, {}, 200);
      await delay(50);
      // The questions stay, the calls go.
      await a.notify('notifications/cancelled', { requestId: a.lastId });
    }
    await delay(100);
    void b.call('ask', {}, {}, 2_000);
    const questions = () => b.heard.filter(({ method }) => method === 'sampling/createMessage');
    await until(() => questions().length > 0, 'the question');
    await delay(100);
    expect(questions()).toHaveLength(1);
  });

  it('does not fill the queue with cancellations while the link is opened', async () => {
    const unit = stdioUnit('u', { initDelay: 600 }, new Journal(), { lease: 'shared' });
    const gateway = await stage.gateway({ units: [unit], limits: { calls_per_session: 16 } });
    const [a, b] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
    process.kill(Number(textIn(await a.call('whoami'))), 'SIGKILL');
    await delay(300);
    void a.call('whoami');
    await delay(50);
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => a.notify('notifications/cancelled', { requestId: `none-${i}` })),
    );
    const answer = await b.call('whoami');
    expect(answer.error?.message).toBeUndefined();
  });
});
