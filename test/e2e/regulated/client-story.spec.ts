import { admin, ADMIN_TOKEN } from '../../support/admin.js';
import { EventClient, messagesOf, NativeClient, publish } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { until } from '../../support/until.js';
import { runViable } from '../../support/viable-command.js';

describe('the story of a client', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      units: [{ name: 'echo', kind: 'echo' }],
      management: { admin_token: ADMIN_TOKEN },
    });
  });
  afterAll(() => gateway.stop());

  const send = (body: string) => publish(gateway.mcpUrl, messagesOf('ann'), { type: 'chat', payload: { body } });
  const events = async (): Promise<string[]> => {
    const { body } = await admin(gateway, 'GET', '/mcp/admin/clients/ann/trace');
    return (body.events as { event: string }[]).map(({ event }) => event);
  };

  it('is told by one command: a drop, a replay and a switch of transports, in order', async () => {
    const first = await NativeClient.join(gateway.wsUrl, { client_id: 'ann', acks: true });
    for (const body of ['a', 'b', 'c']) await send(body);
    await first.got(3);
    first.cut();
    await until(async () => (await events()).includes('disconnected'), 'the drop');
    const { epoch, resume_token } = first.welcome;
    const second = await NativeClient.join(gateway.wsUrl, { resume_token, epoch, last: 0, acks: true });
    await second.got(2);
    const third = await EventClient.open(gateway.sseUrl, { resume_token: second.welcome.resume_token, epoch, last: 2 });
    await second.ended();
    await until(async () => (await events()).at(-1) === 'disconnected', 'the end of the socket');

    const env = { VIABLE_URL: gateway.managementUrl, MCP_ADMIN_TOKEN: ADMIN_TOKEN };
    const { code, out } = await runViable(['trace', 'ann'], env);
    expect(code).toBe(0);
    const story = [
      /connected +websocket/,
      /disconnected +websocket .*how=broken/,
      /resumed +websocket .*from=0 replayed=2/,
      /transport_switch +http_sse .*from=websocket to=http_sse/,
      /resumed +http_sse .*from=2 replayed=0/,
      /disconnected +websocket .*how=replaced/,
    ];
    const lines = out.split('\n').filter(line => /^\d\d:\d\d:\d\d /.test(line) && !line.includes('session_opened'));
    expect(lines).toHaveLength(story.length);
    lines.forEach((line, i) => expect(line).toMatch(story[i]!));
    third.leave();
  });
});
