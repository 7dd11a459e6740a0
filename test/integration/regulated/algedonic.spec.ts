import { metricOf } from '../../support/channel-clients.js';
import { CuttingProxy } from '../../../load/lib/servers/cutting-proxy.js';
import { httpUnit, Peer, Remote, remoteUnit } from '../../support/rogue.js';
import { TellingGateway } from '../../support/telling-gateway.js';
import { until } from '../../support/until.js';
import { Delivery, WEBHOOK_SECRET, WebhookReceiver } from '../../support/webhook-receiver.js';

describe('what hurts the gateway', () => {
  let remote: Remote;
  let proxy: CuttingProxy;
  let gateway: TellingGateway;
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    remote = await remoteUnit();
    proxy = await CuttingProxy.start(remote.url);
    receiver = await new WebhookReceiver().up();
    gateway = await TellingGateway.start({
      units: [httpUnit('only', { ...remote, url: proxy.url }, { size: 2, overflow: 1 })],
      health: { interval: 200, timeout: 2_000 },
      circuit_breaker: { timeout: 500 },
      regulation: { webhook: { url: receiver.url, secret: WEBHOOK_SECRET } },
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await receiver.down();
    await proxy.stop();
    await remote.stop();
  });

  const taken = (kind: string, source: string): Delivery | undefined =>
    receiver.taken.find(({ body }) => body.signal_type === kind && body.source === source);
  const arrived = async (kind: string, source: string): Promise<Delivery> => {
    await until(() => taken(kind, source) !== undefined, `${kind} of ${source}`);
    return taken(kind, source)!;
  };

  it('is told at once, and its end when it is over', async () => {
    proxy.down();
    const pains = [await arrived('pain', 'instance'), await arrived('pain', 'circuit')];
    const facts = [await gateway.tells('instance_out'), await gateway.tells('circuit_changed')];
    for (const { body, genuine, contentType } of pains) {
      expect(body).toMatchObject({ severity: 'critical', suggested_action: 'check_instance', count: 1 });
      expect([genuine, contentType]).toEqual([true, 'application/json']);
    }
    expect(pains[0]!.body.context).toEqual({ unit: 'only', consecutive_failures: 3 });
    // Whatever else the machine is doing, one of them is no later than that.
    expect(Math.min(...pains.map(({ at }, i) => at - facts[i]!.toldAt))).toBeLessThan(100);
    expect(await metricOf(gateway.doors.managementUrl, 'gateway_pain_open{severity="critical"}')).toBe(2);

    proxy.up();
    const pleasures = [await arrived('pleasure', 'instance'), await arrived('pleasure', 'circuit')];
    for (const [i, { body, genuine }] of pleasures.entries()) {
      expect(genuine).toBe(true);
      expect(body).toMatchObject({ id: pains[i]!.body.id, of: pains[i]!.body.of });
      expect(body.recovery_time_ms).toBeGreaterThan(0);
      expect(body.recovery_time_ms).toBeLessThan(Date.now() - facts[i]!.toldAt);
    }
    expect(await metricOf(gateway.doors.managementUrl, 'gateway_pain_open{severity="critical"}')).toBe(0);
  });

  it('is a pool that is used up, until leases are free again', async () => {
    const peers = Array.from({ length: 3 }, () => new Peer(gateway.doors.mcpUrl));
    for (const peer of peers) {
      await peer.session.initialize();
      void peer.call('hang', {}, {}, 60_000);
    }
    const { body, genuine, at } = await arrived('pain', 'pool');
    const fact = await gateway.tells('pool_exhausted');
    expect(genuine).toBe(true);
    expect(at - fact.toldAt).toBeLessThan(5_000);
    expect(body).toMatchObject({ severity: 'critical', of: fact.instance, suggested_action: 'increase_pool_size' });
    expect(body.context).toMatchObject({
      unit: 'only',
      current_capacity: 3,
      pool_size: 2,
      overflow_used: 1,
      in_use: 3,
    });
    const [told] = gateway.told('pain').filter(({ source }) => source === 'pool');
    expect(told!.toldAt - fact.toldAt).toBeLessThan(100);
    await Promise.all(peers.map(peer => peer.leave()));
    const { body: end } = await arrived('pleasure', 'pool');
    expect(end.id).toBe(body.id);
  });

  it('is told once and in order, also where nobody was there to hear it', async () => {
    await receiver.down();
    proxy.down();
    await gateway.tells('pain', ({ source }) => source === 'circuit');
    proxy.up();
    await gateway.tells('pleasure', ({ source }) => source === 'instance');
    await receiver.up();
    const told = (): string[] => [...gateway.told('pain'), ...gateway.told('pleasure')].map(each => each.timestamp);
    await until(() => receiver.taken.length >= told().length, 'all signals');
    const { taken: all } = receiver;
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.every(({ genuine }) => genuine)).toBe(true);
    expect(all.map(({ body }) => body.timestamp)).toEqual(told().sort().slice(0, all.length));
    const ofInstance = all.filter(({ body }) => body.source === 'instance').map(({ body }) => body.signal_type);
    expect(ofInstance).toEqual(['pain', 'pleasure']);
  });
});
