import { PhoenixClient, publish } from '../support/channel-clients.js';
import { until } from '../support/until.js';
import { ChannelFault } from './channel-ground.js';

/** Much for many. */
export const CHANNEL_CROWDS: readonly ChannelFault[] = [
  {
    fault: 'publishes 1 MB to clients of each kind',
    client: 'the message',
    gateway: 'passes what is larger than it takes from them',
    run: async ground => {
      const clients = [await ground.native(), await ground.phoenix(), await ground.stream()];
      const payload = { body: 'x'.repeat(1_000_000) };
      expect((await ground.publish({ payload })).status).toBe(200);
      for (const client of clients) {
        await client.got(1);
        expect(client.bodies).toEqual([payload.body]);
      }
    },
  },
  {
    fault: 'publishes to nobody, and to ten thousand sessions',
    client: '404 for one client, 200 for a broadcast; 202 and one result for each',
    gateway: 'holds the message once',
    run: async ground => {
      expect((await ground.publish({ payload: 1 }, 'nobody')).status).toBe(404);
      const message = { payload: 'x'.repeat(100_000), topic: 'many' };
      const broadcast = () => publish(ground.gateway.mcpUrl, 'broadcast', message);
      expect(await broadcast()).toMatchObject({ status: 200, body: { results: [] } });
      const last = ground.keep(await joinAll(ground.gateway.wsUrl, 10_000));
      const { status, body } = await broadcast();
      expect([status, body.counts]).toEqual([202, { delivered: 1, queued: 9_999, refused: 0 }]);
      expect(new Set(body.results.map(({ client_id }: any) => client_id)).size).toBe(10_000);
      expect(await ground.metric('gateway_buffered_bytes')).toBeLessThan(4 * 1024 * 1024);
      await last.got(1);
      const one = await ground.native({ client_id: 'many-9000' });
      await one.got(1);
    },
  },
];

/** Sessions of which all but the last have lost their connection: it was one, which joined them one after the other. */
async function joinAll(url: string, count: number): Promise<PhoenixClient> {
  const client = await PhoenixClient.open(url);
  let next = 0;
  const join = (): void => {
    const ref = String(next++);
    client.send(JSON.stringify([ref, ref, 'mcp:gateway', 'phx_join', { client_id: `many-${ref}`, topics: ['many'] }]));
  };
  client.socket.on('message', data => {
    const [, , , event] = JSON.parse((data as Buffer).toString()) as string[];
    if (event === 'phx_reply' && next < count) join();
  });
  join();
  const replies = (): number => client.frames.length;
  // Each join but the first has the channel before it closed.
  await until(() => replies() >= 2 * count - 1, 'ten thousand sessions', 90_000);
  return client;
}
