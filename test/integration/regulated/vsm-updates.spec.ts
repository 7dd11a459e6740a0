import { EventBus } from '../../../src/telemetry/event-bus.js';
import { ChannelClient, EventClient, NativeClient, PhoenixClient } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { until } from '../../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];
const MODE = { from: 'normal', to: 'degraded', why: 'test' } as const;
const PRESENCE = { client: 'c', session: 's', transport: 'websocket', status: 'online' } as const;
const FORECAST = { transport: 'websocket', to: 'http_sse', client: 'c', from: 'websocket', waitMs: 0 } as const;

describe('vsm_update', () => {
  let gateway: RunningGateway;
  let bus: EventBus;

  beforeEach(async () => {
    gateway = await startGateway({ units, regulation: { enabled: false } });
    bus = gateway.bus;
  });
  afterEach(() => gateway.stop());

  const events = (client: ChannelClient): string[] => client.told('vsm_update').map(({ event }) => event);
  /** Emits until it has come: subscriptions take effect a turn later. */
  const hears = (client: ChannelClient, event: string): Promise<void> =>
    until(() => {
      bus.emit('mode_changed', MODE);
      bus.emit('client_presence', PRESENCE);
      bus.emit('check_oscillation', FORECAST);
      return events(client).includes(event);
    }, event);

  it('comes to those with the scope: alarms and modes, on every wire', async () => {
    const hello = { client_id: 'n', scopes: ['vsm'] };
    const clients = [
      await NativeClient.join(gateway.wsUrl, hello),
      await PhoenixClient.join(gateway.wsUrl, { ...hello, client_id: 'p' }),
      await EventClient.open(gateway.sseUrl, { client_id: 'e', scopes: 'vsm' }),
    ];
    const without = await NativeClient.join(gateway.wsUrl, { client_id: 'w', topics: ['s5_policy'] });
    for (const client of clients) {
      await hears(client, 'mode_changed');
      const [update] = client.told('vsm_update');
      expect(update).toEqual({ topic: 's5_policy', event: 'mode_changed', data: MODE, timestamp: expect.any(Number) });
      expect(Math.abs(update.timestamp / 1_000 - Date.now())).toBeLessThan(60_000);
      expect(new Set(events(client))).toEqual(new Set(['mode_changed']));
    }
    await without.say({ type: 'heartbeat' });
    expect(events(without)).toEqual([]);
    clients[2]!.leave();
  });

  it('is of the systems that a client follows, instead', async () => {
    const client = await NativeClient.join(gateway.wsUrl, {
      client_id: 'n',
      scopes: ['vsm'],
      topics: ['s1_operations'],
    });
    await hears(client, 'client_presence');
    expect(events(client)).not.toContain('mode_changed');
    const said = await client.say({ type: 'x'.repeat(100), data: { secret: 'words' } });
    expect(said.type).toBe('ack');
    await until(() => events(client).includes('external_message'), 'the message');
    expect(JSON.stringify(client.told('vsm_update'))).not.toContain('words');
    await client.say({ type: 'subscribe', data: { topics: ['s2_coordination'] } });
    await client.say({ type: 'unsubscribe', data: { topics: ['s1_operations'] } });
    await hears(client, 'check_oscillation');
    client.frames.length = 0;
    await hears(client, 'check_oscillation');
    expect(new Set(events(client))).toEqual(new Set(['check_oscillation']));
  });

  it('costs nothing while nobody wants it', async () => {
    const live: string[] = [];
    const on = bus.on.bind(bus);
    jest.spyOn(bus, 'on').mockImplementation((topic, listener) => {
      live.push(topic);
      const end = on(topic, listener);
      return () => {
        live.splice(live.indexOf(topic), 1);
        end();
      };
    });
    const client = await NativeClient.join(gateway.wsUrl, { client_id: 'n', scopes: ['vsm'] });
    await hears(client, 'mode_changed');
    expect([...live].sort()).toEqual(['mode_changed', 'pain', 'pleasure', 'policy_update']);
    await client.say({ type: 'subscribe', data: { topics: ['s1_operations'] } });
    await until(() => live.includes('external_message') && !live.includes('pain'), 'other listeners');
    await client.say({ type: 'unsubscribe', data: { topics: ['s1_operations'] } });
    await until(() => !live.includes('external_message') && live.includes('pain'), 'the former');
    client.leave();
    await NativeClient.join(gateway.wsUrl, { client_id: 'n', scopes: ['presence'] });
    await until(() => live.length === 0, 'no listener');
  });

  it('is not kept for a client that does not read', async () => {
    const client = await NativeClient.join(gateway.wsUrl, {
      client_id: 'n',
      scopes: ['vsm'],
      topics: ['s4_intelligence'],
    });
    await until(() => (bus.emit('load_forecast', {} as never), events(client).length > 0), 'the first');
    client.socket.pause();
    const big = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, 'x'.repeat(256)]));
    for (let i = 0; i < 2_000; i++) {
      bus.emit('load_forecast', big as never);
      if (i % 50 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    client.socket.resume();
    await client.say({ type: 'heartbeat' });
    const count = events(client).length;
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(1_500);
    await until(() => (bus.emit('load_forecast', { again: true } as never), events(client).length > count), 'more');
  });
});
