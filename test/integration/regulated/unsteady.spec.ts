import { EventClient, messagesOf, NativeClient, publish } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { until } from '../../support/until.js';

const switches = (client: NativeClient | EventClient): any[] =>
  client.told('connection_status').filter(({ status }) => status === 'switch');

describe('transports that levers speak against', () => {
  let gateway: RunningGateway;
  let clients: (NativeClient | EventClient)[];
  let told: string[];

  beforeEach(async () => {
    gateway = await startGateway({ units: [{ name: 'echo', kind: 'echo' }], drain_timeout: 0 });
    clients = [];
    told = [];
    gateway.bus.on('transport_circuit_changed', ({ transport, state }) => told.push(`${transport} ${state}`));
  });
  afterEach(async () => {
    for (const client of clients) client.leave();
    await gateway.stop();
  });

  const socket = async (more: object = {}): Promise<NativeClient> => {
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'c', capabilities: ['switch'], ...more });
    clients.push(client);
    return client;
  };
  const push = (transport = 'auto'): Promise<any> =>
    publish(gateway.mcpUrl, messagesOf('c'), { transport, payload: { body: 1 } }).then(({ body }) => body);

  it('unsteady: clients that can switch are led to the other, stay there, and are not led back', async () => {
    gateway.levers.set('s2', 'unsteady', 'websocket', true, 'it flaps');
    const client = await socket();
    await push();
    await until(() => switches(client).length > 0, 'the word to switch');
    expect(switches(client)).toEqual([{ status: 'switch', to: 'http_sse', retry: 0 }]);
    const { resume_token: token } = client.welcome;
    client.leave();
    const stream = await EventClient.open(gateway.sseUrl, { resume_token: token });
    clients.push(stream);
    await stream.joined();
    await push();
    await stream.got(1);
    expect(await push('websocket')).toMatchObject({ error: 'transport_unavailable' });
    expect(switches(stream)).toEqual([]);
  });

  it('unsteady: clients that cannot switch are served as they are', async () => {
    gateway.levers.set('s2', 'unsteady', 'websocket', true, 'it flaps');
    const client = await socket({ capabilities: [] });
    await push();
    await client.got(1);
    expect(switches(client)).toEqual([]);
  });

  it('a circuit that is forced open: they are led to the other until it is released', async () => {
    const client = await socket();
    await push();
    await client.got(1);
    expect(switches(client)).toEqual([]);
    gateway.levers.set('s3', 'circuit', 'websocket', 'open', 'a test');
    await push();
    await until(() => switches(client).length > 0, 'the word to switch');
    gateway.levers.release('s3', 'circuit', 'websocket', 'enough');
    expect(told).toEqual(['websocket open', 'websocket closed']);
  });
});
