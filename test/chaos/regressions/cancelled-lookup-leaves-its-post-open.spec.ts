import { delay, Journal, Stage, stdioUnit } from '../../support/rogue.js';

/** `FederatedSession.notify` forgets the request at the connection that the cancellation came on, not at its own. */
describe('a request that is cancelled while it waits for lists', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('has its POST ended', async () => {
    const units = [stdioUnit('slow', { listDelay: 1_000 }, new Journal()), stdioUnit('v', {}, new Journal())];
    const gateway = await stage.gateway({ units });
    const client = await stage.client(gateway.mcpUrl);
    const body = { jsonrpc: '2.0', id: 'mine', method: 'tools/list', params: {} };
    const abort = new AbortController();
    const response = await client.session.post(body, abort.signal);
    await client.notify('notifications/cancelled', { requestId: 'mine' });
    const ended = await Promise.race([response.text().then(() => 'ended'), delay(3_000, 'open')]);
    abort.abort();
    expect(ended).toBe('ended');
  });
});
