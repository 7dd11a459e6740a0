import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { EventClient, messagesOf, publish } from '../support/channel-clients.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { HAProxy, haproxyMissing } from '../support/haproxy.js';
import { RawSession } from '../support/raw-http.js';
import { describeWith } from '../support/requirement.js';

const { metadata } = parse(readFileSync('k8s/components/ingress/ingress.yaml', 'utf8'));
const { 'haproxy.org/load-balance': balance, 'haproxy.org/backend-config-snippet': snippet } = metadata.annotations;
const NAMES = Array.from({ length: 20 }, (_, i) => `user-${i}/at+home`);

describeWith(haproxyMissing, 'the lines of the Ingress, in a HAProxy before two pods', () => {
  let pods: RunningGateway[];
  let proxy: HAProxy;
  let mcpUrl: string;

  beforeAll(async () => {
    const config = { units: [{ name: 'echo', kind: 'echo' }] };
    pods = await Promise.all([startGateway(config), startGateway(config)]);
    const lines = [`balance ${balance}`, ...snippet.trim().split('\n')];
    proxy = await HAProxy.start(
      pods.map(pod => pod.mcpUrl),
      lines,
    );
    mcpUrl = `${proxy.origin}/mcp`;
  });
  afterAll(async () => {
    await proxy?.stop();
    await Promise.all((pods ?? []).map(pod => pod.stop()));
  });

  /** How many sessions each pod has. */
  const sessions = (): Promise<number[]> =>
    Promise.all(
      pods.map(async ({ managementUrl }) => {
        const text = await (await fetch(`${managementUrl}/metrics`)).text();
        return [...text.matchAll(/^gateway_sessions\{[^}]*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
      }),
    );

  it('keep an MCP session with the pod that gave it, wherever its client would be placed now', async () => {
    const opened = await Promise.all(
      NAMES.map(async name => {
        const session = new RawSession(`${mcpUrl}?client_id=${encodeURIComponent(name)}`);
        await session.initialize();
        return session;
      }),
    );
    for (const count of await sessions()) expect(count).toBeGreaterThan(0);
    for (const { id } of opened) {
      // From now on it does not say who it is: by its address each of them would be at one and the same pod.
      const later = new RawSession(mcpUrl);
      later.id = id;
      for (let i = 0; i < 3; i++) expect((await later.request('ping')).status).toBe(200);
      expect((await later.delete()).status).toBe(200);
    }
  });

  it('bring what is published to the pod that the client is at', async () => {
    const clients = await Promise.all(NAMES.map(client_id => EventClient.open(`${mcpUrl}/sse`, { client_id })));
    for (const count of await sessions()) expect(count).toBeGreaterThan(0);
    for (const [i, name] of NAMES.entries()) {
      const { body } = await publish(mcpUrl, messagesOf(name), { type: 'chat', payload: { body: name } });
      expect(body.results[0]).toMatchObject({ status: 'delivered' });
      await clients[i]!.got(1);
      expect(clients[i]!.bodies).toEqual([name]);
      // What it says goes there as well, by the endpoint that it was given.
      expect(await clients[i]!.say({ type: 'ping' })).toMatchObject({ type: 'ack' });
    }
    for (const client of clients) client.leave();
  });
});
