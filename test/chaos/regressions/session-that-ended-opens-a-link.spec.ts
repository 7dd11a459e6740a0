import { delay, httpUnit, Stage } from '../../support/rogue.js';

/** Who waits for the one attempt of a half-open circuit has no handshake that could be ended. */
describe('a client that leaves while it waits for a half-open circuit', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('has no link opened for it afterwards', async () => {
    const remote = await stage.remote({ mute: 'initialize' });
    const gateway = await stage.gateway({
      units: [httpUnit('u', remote)],
      units_start_timeout: 3_000,
      circuit_breaker: { timeout: 500 },
    });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const initialize = (signal?: AbortSignal) => fetch(gateway.mcpUrl, { method: 'POST', headers, body, signal });
    await Promise.all(Array.from({ length: 8 }, async () => (await initialize()).text()));
    await delay(600);
    await remote.control({ options: { mute: '', initDelay: 1_000 } });
    const before = remote.journal.of('initialize').length;
    const first = initialize();
    await delay(200);
    const leave = new AbortController();
    const second = initialize(leave.signal).catch(() => undefined);
    await delay(200);
    leave.abort();
    await second;
    expect((await first).status).toBe(200);
    await delay(700);
    expect(remote.journal.of('initialize').length - before).toBe(1);
  });
});
