import { ClientActivities } from '../../../src/telemetry/client-activity.js';
import { EventClient, NativeClient } from '../../support/channel-clients.js';
import { DOORS } from '../../support/clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { openRaw } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];

describe('activity', () => {
  let gateway: RunningGateway;
  let activity: ClientActivities;

  beforeEach(async () => {
    const of = jest.spyOn(ClientActivities.prototype, 'of');
    const limits = { messages_per_client: 5, messages_refill: 1 };
    gateway = await startGateway({ units, limits, regulation: { enabled: false } });
    of.mockImplementation(function (this: ClientActivities, client: string) {
      activity = this; // eslint-disable-line @typescript-eslint/no-this-alias
      of.mockRestore();
      return this.of(client);
    });
  });
  afterEach(() => gateway.stop());

  it('is counted of native clients: connections, messages, refusals, switches', async () => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'x' });
    const counted = activity.of('anonymous\nx');
    for (let i = 0; i < 8; i++) await client.say({ type: 'chat' });
    expect(counted).toMatchObject({ connects: 1, connections: 1, messages: 8, refused: 3, switches: 0 });
    const { resume_token } = client.welcome;
    const stream = await EventClient.open(gateway.sseUrl, { resume_token });
    await client.ended();
    expect(counted).toMatchObject({ connects: 2, connections: 1, switches: 1 });
    stream.leave();
    await until(() => counted.connections === 0, 'the end');
  });

  it.each(DOORS)('is counted of MCP clients by $door: messages and tools', async door => {
    const client = await openRaw(door, gateway);
    const [counted] = activity.all();
    for (const [id, name] of ['echo', 'echo', 'n'.repeat(1_000)].entries())
      await client.send(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}"}}`);
    await until(() => counted!.tools.has('…'), 'all calls');
    expect(Object.fromEntries(counted!.tools)).toEqual({ echo: 2, '…': 1 });
    expect(counted).toMatchObject({ connects: 1, connections: 1, refused: 0 });
    await until(() => counted!.messages === 5, 'all messages');
    if (door.door === 'Streamable HTTP') return client.close();
    client.close();
    await until(() => counted!.connections === 0, 'the end');
  });
});
