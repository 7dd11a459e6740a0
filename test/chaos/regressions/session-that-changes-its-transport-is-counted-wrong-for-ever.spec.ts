import { Stage } from '../../support/rogue.js';
import { gauge, Listener, Talker } from '../../support/talker.js';
import { until } from '../../support/until.js';

describe('a session whose client comes by another transport', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is counted where it is, and nowhere when it has ended', async () => {
    const units = [{ name: 'u', kind: 'mcp', command: 'true' }];
    const gateway = await stage.gateway({ units, sessions: { idle_timeout: 200 } });
    const sessions = (): Promise<Record<string, number>> => gauge(gateway.managementUrl, 'gateway_sessions');
    const socket = await Talker.native(gateway.wsUrl, { client_id: 'a' });
    const stream = await Listener.open(gateway.sseUrl, { resume_token: socket.connected.resume_token });
    expect(await sessions()).toEqual({ websocket: 0, http_sse: 1 });
    stream.close();
    await until(async () => Object.values(await sessions()).every(count => count === 0), 'the end of the session');
  });
});
