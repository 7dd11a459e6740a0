import { NativeClient } from '../support/channel-clients.js';
import type { RunningGateway } from '../support/gateway.js';
import { httpUnit, Journal, Stage, stdioUnit, until } from '../support/rogue.js';

const PLAIN = {
  regulation: { enabled: false },
  calls: { turn_timeout: 60_000 },
  routes: [{ type: '*', unit: 'slow' }],
  trusted_proxies: ['127.0.0.1'],
};

describe('messages of native clients to one unit', () => {
  let stage: Stage;
  let gateway: RunningGateway;
  let journal: Journal;

  beforeEach(() => {
    stage = new Stage();
  });
  afterEach(() => stage.end());

  async function start(config: object = {}): Promise<void> {
    const remote = await stage.remote();
    journal = remote.journal;
    gateway = await stage.gateway({ ...PLAIN, units: [httpUnit('slow', remote)], ...config });
  }

  const got = (): string[] => journal.of('tools/call').map(({ params }) => params.arguments.tag);
  const joins = (id: string, address?: string): Promise<NativeClient> =>
    NativeClient.join(gateway.wsUrl, { client_id: id }, address ? { 'x-forwarded-for': address } : {});
  async function say(client: NativeClient, type: string, ...tags: string[]): Promise<void> {
    for (const tag of tags) await client.say({ type, data: { tag } });
  }
  const answered = (client: NativeClient, ...tags: string[]): unknown[] =>
    client.messages.map(({ payload }) => payload.error?.data.error ?? tags.shift());
  async function load(): Promise<{ callsInFlight: number }> {
    const response = await fetch(`${gateway.managementUrl}/health/gateway`);
    return ((await response.json()) as any).details.load;
  }

  it('go by turns, however many one client has sent', async () => {
    await start();
    gateway.levers.set('s3', 'concurrency', 'slow', 1, 'a test');
    const [blocking, greedy, modest] = [await joins('blocking'), await joins('greedy'), await joins('modest')];
    await say(blocking, 'hang', 'blocks');
    await say(greedy, 'sleep', ...Array.from({ length: 20 }, (_, i) => `g${i}`));
    await say(modest, 'sleep', 'm0', 'm1');
    await until(async () => (await load()).callsInFlight === 23, 'all calls');
    gateway.levers.set('s3', 'concurrency', 'slow', 2, 'a test');
    await Promise.all([modest.got(2), greedy.got(20)]);
    expect(got().slice(0, 5)).toEqual(['blocks', 'g0', 'm0', 'g1', 'm1']);
    expect(answered(modest, 'm0', 'm1')).toEqual(['m0', 'm1']);
  });

  it('leave others their share of what is in flight', async () => {
    await start();
    gateway.levers.set('s3', 'concurrency', 'slow', 4, 'a test');
    gateway.levers.set('s2', 'fair_share', 'slow', 0.5, 'a test');
    const [greedy, modest] = [await joins('greedy'), await joins('modest')];
    await say(greedy, 'hang', 'g1', 'g2', 'g3', 'g4', 'g5');
    await until(() => got().length === 4, 'four calls');
    await say(modest, 'sleep', 'm1');
    gateway.levers.set('s3', 'concurrency', 'slow', 5, 'a test');
    await modest.got(1);
    expect(got()[4]).toBe('m1');
  });

  it('count for the address group of those without credentials, from elsewhere', async () => {
    await start();
    gateway.levers.set('s3', 'concurrency', 'slow', 1, 'a test');
    const crowd = [await joins('a', '203.0.113.1'), await joins('b', '203.0.113.1'), await joins('c', '203.0.113.1')];
    const other = await joins('d', '198.51.100.1');
    await say(other, 'hang', 'blocks');
    for (const [i, client] of crowd.entries()) await say(client, 'sleep', `c${i}`);
    await say(other, 'sleep', 'mine');
    await until(async () => (await load()).callsInFlight === 5, 'all calls');
    gateway.levers.set('s3', 'concurrency', 'slow', 2, 'a test');
    await Promise.all([...crowd, other].map(client => client.got(1)));
    expect(got()).toEqual(['blocks', 'c0', 'mine', 'c1', 'c2']);
  });

  it('have limits of their own', async () => {
    await start({ limits: { calls_per_session: 2 } });
    const [greedy, modest] = [await joins('greedy'), await joins('modest')];
    await say(greedy, 'hang', 'g1', 'g2', 'g3');
    await greedy.got(1);
    expect(answered(greedy)).toEqual(['too_many_calls']);
    await say(modest, 'sleep', 'm1');
    await modest.got(1);
    expect(answered(modest, 'm1')).toEqual(['m1']);
    const errors = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    expect(errors).toMatch(/too_many_calls"\} 1$/m);
    expect(errors).toMatch(/transport="websocket"/);
    expect(errors).not.toMatch(/transport="internal"[^}]*\} [1-9]/);
  });

  it('take one link of a unit with exclusive leases, and open no session but their own', async () => {
    journal = new Journal();
    const units = [stdioUnit('slow', {}, journal, { lease: 'exclusive', size: 1, overflow: 0 })];
    gateway = await stage.gateway({ ...PLAIN, units });
    const opened: string[] = [];
    const heard: string[] = [];
    gateway.bus.on('session_opened', ({ client }) => void opened.push(client.split('\n').at(-1)!));
    gateway.bus.on('external_message', ({ client, unit }) => void heard.push(`${client} ${unit}`));
    const clients = await Promise.all(['a', 'b', 'c'].map(id => joins(id)));
    for (const client of clients) await say(client, 'hang', 'x');
    await until(() => got().length === 3, 'three calls at once');
    expect(journal.starts).toBe(1);
    await until(() => heard.length >= 3, 'three messages');
    expect(opened.sort()).toEqual(['a', 'b', 'c']);
    expect(heard).toEqual(['a slow', 'b slow', 'c slow']);
  });
});
