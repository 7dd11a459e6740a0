import { RunningGateway } from '../support/gateway.js';
import { errorIn, httpUnit, Peer, Remote, Stage, textIn, until } from '../support/rogue.js';

const pidOf = async (peer: Peer): Promise<number> => Number(textIn(await peer.call('whoami')));
const sleeperOf = (answer: any): number => Number(textIn(answer).split(' ')[1]);

describe('instances to be avoided', () => {
  const stage = new Stage();
  let remotes: Remote[];
  let gateway: RunningGateway;

  const begin = async (unit: object, count = 2): Promise<void> => {
    remotes = await Promise.all(Array.from({ length: count }, () => stage.remote()));
    gateway = await stage.gateway({ units: [httpUnit('u', remotes, unit)], switching: {} });
  };
  const idOf = (remote: Remote): string => `u/${new URL(remote.url).host}`;
  const byPid = (pid: number): Remote => {
    const found = remotes.find(({ journal }) => journal.lines.some(line => line.pid === pid));
    if (!found) throw new Error('nobody has that pid');
    return found;
  };
  const client = (): Promise<Peer> => stage.client(gateway.mcpUrl);
  const drain = (remote: Remote, forMs?: number): void =>
    gateway.levers.set('s3', 'drained', idOf(remote), true, 'it is slow', forMs);

  afterEach(() => stage.end());

  it('is left by a stateless session that has calls in flight there, which come to their end, and found again', async () => {
    await begin({ stateless: true });
    const peer = await client();
    const home = byPid(await pidOf(peer));
    const other = remotes.find(one => one !== home)!;
    const slow = [1, 2].map(() => peer.call('sleep', { ms: 3_000 }));
    await until(() => home.journal.of('tools/call').length === 3);
    drain(home);
    const fast = await Promise.all([1, 2, 3].map(() => pidOf(peer)));
    expect(new Set(fast)).toEqual(new Set([other.pid]));
    const raced = await Promise.race([...slow, pidOf(peer).then(() => 'new first')]);
    expect(raced).toBe('new first');
    expect((await Promise.all(slow)).map(sleeperOf)).toEqual([home.pid, home.pid]);
    gateway.levers.release('s3', 'drained', idOf(home), 'it is well');
    await until(async () => (await pidOf(peer)) === home.pid, 'the way back');
  });

  it('is left at once by who listens, with its subscriptions', async () => {
    await begin({ stateless: true });
    const peer = await client();
    const home = byPid(await pidOf(peer));
    const other = remotes.find(one => one !== home)!;
    await peer.ask('resources/subscribe', { uri: 'a:b' });
    drain(home);
    await until(() => other.journal.of('resources/subscribe').length === 1);
    const told = (): number => peer.heard.filter(({ method }) => method === 'notifications/resources/updated').length;
    await until(async () => {
      await other.control({ update: 'a:b' });
      return told() > 0;
    });
  });

  it('keeps sessions whose unit keeps state, and gets no new ones', async () => {
    await begin({});
    const peer = await client();
    const home = byPid(await pidOf(peer));
    drain(home);
    expect(await pidOf(peer)).toBe(home.pid);
    const others = await Promise.all([1, 2, 3, 4, 5, 6].map(async () => pidOf(await client())));
    expect(others).not.toContain(home.pid);
    expect(await pidOf(peer)).toBe(home.pid);
  });

  it('is not left where all are to be avoided', async () => {
    await begin({ stateless: true });
    const peer = await client();
    const home = await pidOf(peer);
    // Its own last: as long as there is another, it is left at once.
    for (const remote of [...remotes].sort(one => (one === byPid(home) ? 1 : -1))) drain(remote);
    expect(await pidOf(peer)).toBe(home);
    expect(await pidOf(await client())).toEqual(expect.any(Number));
  });

  it('cancels a call that was left behind, and takes no second one of its id', async () => {
    await begin({ stateless: true });
    const peer = await client();
    const home = byPid(await pidOf(peer));
    const hanging = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'hang', arguments: {} } };
    void peer.send(hanging);
    await until(() => home.journal.of('tools/call').length === 2);
    drain(home);
    expect(errorIn(await peer.send({ ...hanging, params: { name: 'whoami', arguments: {} } }))).toBe('duplicate_id');
    await peer.notify('notifications/cancelled', { requestId: 7 });
    await until(() => home.journal.of('notifications/cancelled').length === 1);
    expect(await pidOf(peer)).not.toBe(home.pid);
  });

  it('is left by lines that sessions share', async () => {
    await begin({ stateless: true, lease: 'shared' });
    const [one, two] = await Promise.all([client(), client()]);
    const home = byPid(await pidOf(one));
    const slow = one.call('sleep', { ms: 2_000 });
    await until(() => home.journal.of('tools/call').length === 2);
    drain(home);
    expect(await pidOf(two)).not.toBe(home.pid);
    expect(await pidOf(one)).not.toBe(home.pid);
    expect(sleeperOf(await slow)).toBe(home.pid);
  });
});
