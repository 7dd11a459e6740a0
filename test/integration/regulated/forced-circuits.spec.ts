import { RunningGateway } from '../../support/gateway.js';
import { errorIn, httpUnit, Peer, Remote, Stage, textIn, until } from '../../support/rogue.js';

const pidOf = async (peer: Peer): Promise<number> => Number(textIn(await peer.call('whoami')));

describe('circuits that are forced', () => {
  const stage = new Stage();
  let remotes: Remote[];
  let gateway: RunningGateway;
  let changes: string[];

  const begin = async (count: number, unit: object = {}, more: object = {}): Promise<void> => {
    remotes = await Promise.all(Array.from({ length: count }, () => stage.remote()));
    gateway = await stage.gateway({ units: [httpUnit('u', remotes, unit)], ...more });
    changes = [];
    gateway.bus.on('circuit_changed', ({ unit: name, state }) => changes.push(`${name} ${state}`));
  };
  const idOf = (remote: Remote): string => `u/${new URL(remote.url).host}`;
  const client = (): Promise<Peer> => stage.client(gateway.mcpUrl);
  const force = (remote: Remote, state: 'open' | 'closed', forMs?: number): void =>
    gateway.levers.set('s3', 'circuit', idOf(remote), state, 'a test', forMs);

  afterEach(() => stage.end());

  it('open: refuse calls on links and new links until they expire, and say when that is', async () => {
    await begin(1);
    const [remote] = remotes as [Remote];
    const peer = await client();
    const under = peer.call('sleep', { ms: 500 });
    await until(() => remote.journal.of('tools/call').length === 1);
    force(remote, 'open', 4_000);
    const refused = await peer.call('whoami');
    expect(errorIn(refused)).toBe('circuit_open');
    expect(refused.error.data.retry_after).toBeGreaterThan(0);
    expect(refused.error.data.retry_after).toBeLessThanOrEqual(4_000);
    const late = new Peer(gateway.mcpUrl);
    const answer = await late.session.initialize();
    expect(answer.error.data.error).toBe('circuit_open');
    expect(textIn(await under)).toBe(`slept ${remote.pid}`);
    expect(remote.journal.of('initialize')).toHaveLength(1);
    expect(changes).toEqual(['u open']);
    await until(async () => errorIn(await peer.call('whoami')) === undefined, 'the end of it');
    expect(changes).toEqual(['u open', 'u closed']);
    expect(await pidOf(await client())).toBe(remote.pid);
  });

  it('open: are left by stateless sessions for another instance', async () => {
    await begin(2, { stateless: true });
    const peer = await client();
    const home = await pidOf(peer);
    const remote = remotes.find(({ pid }) => pid === home)!;
    force(remote, 'open');
    expect(await pidOf(peer)).not.toBe(home);
    for (const each of remotes) force(each, 'open');
    expect(errorIn(await peer.call('whoami'))).toBe('circuit_open');
    for (const each of remotes) gateway.levers.release('s3', 'circuit', idOf(each), 'enough');
    await until(async () => (await pidOf(peer)) === home, 'the way back');
  });

  it('closed: refuse nothing, whatever fails', async () => {
    await begin(1, {}, { circuit_breaker: { threshold: 0.5, timeout: 600_000 } });
    const [remote] = remotes as [Remote];
    force(remote, 'closed');
    await remote.stop();
    const errors = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const { error } = await new Peer(gateway.mcpUrl).session.initialize();
      errors.add(error.data.error);
    }
    expect([...errors]).toEqual(['unit_unavailable']);
    const health = async (): Promise<any> => (await fetch(`${gateway.managementUrl}/health/gateway`)).json();
    const { u } = (await health()).details.units;
    expect(u.reasons.filter((reason: string) => reason.includes('circuit'))).toEqual([]);
  });
});
