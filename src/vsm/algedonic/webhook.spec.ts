import { Pain } from '../../telemetry/signals.js';
import { Counters } from '../../telemetry/counters.js';
import { SystemClock } from '../../kernel/clock.js';
import { silentLog } from '../../../test/support/silent-log.js';
import { until } from '../../../test/support/until.js';
import { WEBHOOK_SECRET, WebhookReceiver } from '../../../test/support/webhook-receiver.js';
import { RETRIES, Webhook } from './webhook.js';

const pain = (id: string, severity: Pain['severity'] = 'critical'): Pain => ({
  ...{ id, signal_type: 'pain', severity, source: 'pool', of: 'u1', message: 'ü', suggested_action: 'x' },
  ...{ since: '2026-01-01T00:00:00.000Z', timestamp: new Date().toISOString(), count: 1, context: { waiting: 1 } },
});

describe('Webhook', () => {
  let receiver: WebhookReceiver;
  let webhook: Webhook;
  let counters: Counters;

  const make = (
    more: { queue?: number; timeout?: number; secret?: string } = {},
    retries: Partial<typeof RETRIES> = {},
  ) => {
    counters = new Counters();
    const settings = { url: receiver.url, secret: WEBHOOK_SECRET, timeout: 5_000, queue: 100, ...more };
    const faster = { first: 20, longest: 40, giveUp: 60_000, ...retries };
    return (webhook = new Webhook(settings, counters, new SystemClock(), silentLog, faster));
  };
  const settled = (count: number): Promise<void> =>
    until(
      () =>
        ['delivered', 'refused', 'dropped'].reduce((sum, key) => sum + counters.webhook.get(key as never), 0) >= count,
    );
  const taken = (): string[] => receiver.taken.map(({ body }) => body.id);

  beforeEach(async () => {
    receiver = await new WebhookReceiver().up();
    make();
  });
  afterEach(async () => {
    await webhook.stop();
    await receiver.down();
  });

  it('posts a signal, signed as Standard Webhooks has it', async () => {
    const sent = pain('a');
    webhook.post(sent);
    await settled(1);
    const [delivery] = receiver.deliveries;
    expect(delivery).toMatchObject({ id: 'a.1', genuine: true, body: sent, contentType: 'application/json' });
    expect(Math.abs(delivery!.timestamp * 1_000 - Date.now())).toBeLessThan(60_000);
  });

  it('takes a secret in the form of Standard Webhooks for what it encodes', async () => {
    make({ secret: `whsec_${Buffer.from(WEBHOOK_SECRET).toString('base64')}` });
    webhook.post(pain('a'));
    await settled(1);
    expect(receiver.deliveries[0]!.genuine).toBe(true);
  });

  it('tries again what failed, under the same id, and keeps the order', async () => {
    receiver.status = 503;
    for (const id of ['a', 'b', 'c']) webhook.post(pain(id));
    await until(() => receiver.deliveries.length >= 3);
    expect(new Set(receiver.deliveries.map(({ id }) => id))).toEqual(new Set(['a.1']));
    receiver.status = 204;
    await settled(3);
    expect(taken()).toEqual(['a', 'b', 'c']);
    expect(counters.webhook.get('retried')).toBeGreaterThanOrEqual(3);
    expect(receiver.deliveries.every(({ genuine }) => genuine)).toBe(true);
  });

  it('waits for a receiver that is away', async () => {
    await receiver.down();
    for (const id of ['a', 'b']) webhook.post(pain(id));
    await until(() => counters.webhook.get('retried') >= 3);
    await receiver.up();
    await settled(2);
    expect(taken()).toEqual(['a', 'b']);
  });

  it.each([400, 401, 404, 410, 422])('does not try again what is refused with %i', async status => {
    receiver.status = status;
    webhook.post(pain('a'));
    await settled(1);
    receiver.status = 200;
    webhook.post(pain('b'));
    await settled(2);
    expect(receiver.deliveries.map(({ body }) => body.id)).toEqual(['a', 'b']);
    expect(counters.webhook.get('refused')).toBe(1);
  });

  it.each([408, 429, 500, 502])('tries again after %i', async status => {
    receiver.status = status;
    webhook.post(pain('a'));
    await until(() => receiver.deliveries.length >= 2);
    receiver.status = 200;
    await settled(1);
    expect(taken()).toEqual(['a']);
  });

  it('follows no redirect', async () => {
    const other = await new WebhookReceiver().up();
    receiver.status = 307;
    receiver.headers = { location: other.url };
    webhook.post(pain('a'));
    await settled(1);
    expect(other.deliveries).toEqual([]);
    expect(counters.webhook.get('refused')).toBe(1);
    await other.down();
  });

  it('gives up on an attempt that takes too long, and is not held up by an endless answer', async () => {
    make({ timeout: 200 });
    receiver.delay = 60_000;
    webhook.post(pain('a'));
    await until(() => receiver.deliveries.length >= 2);
    receiver.delay = 0;
    receiver.answer = 'x'.repeat(1_000_000);
    await settled(1);
    expect(counters.webhook.get('delivered')).toBe(1);
  });

  it('gives up on a signal after its time', async () => {
    make({}, { giveUp: 100 });
    receiver.status = 500;
    webhook.post(pain('a'));
    await settled(1);
    expect(counters.webhook.get('dropped')).toBe(1);
    receiver.status = 200;
    webhook.post(pain('b'));
    await settled(2);
    expect(taken()).toEqual(['b']);
  });

  it('drops the oldest moderate signals where too many wait, and others only when there are no more of those', async () => {
    make({ queue: 4 });
    receiver.status = 500;
    webhook.post(pain('c0'));
    await until(() => receiver.deliveries.length > 0);
    for (const id of ['c1', 'm1', 'm2', 'c2', 'c3', 'm3'])
      webhook.post(pain(id, id.startsWith('m') ? 'moderate' : 'critical'));
    receiver.status = 200;
    await settled(7);
    expect(taken()).not.toContain('m1');
    expect(taken().filter(id => id.startsWith('c'))).toEqual(['c0', 'c1', 'c2', 'c3']);
    expect(counters.webhook.get('dropped')).toBeGreaterThanOrEqual(2);
  });

  it('tries once more in the end, for a second at most', async () => {
    make({}, { first: 60_000, longest: 60_000 });
    receiver.status = 500;
    for (const id of ['a', 'b']) webhook.post(pain(id));
    await until(() => counters.webhook.get('retried') === 1);
    receiver.status = 200;
    await webhook.stop();
    expect(taken()).toEqual(['a', 'b']);
    webhook.post(pain('c'));
    expect(counters.webhook.get('dropped')).toBe(1);

    make();
    receiver.delay = 60_000;
    for (const id of ['d', 'e']) webhook.post(pain(id));
    const startedAt = Date.now();
    await webhook.stop();
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(counters.webhook.get('dropped')).toBe(2);
  });
});
