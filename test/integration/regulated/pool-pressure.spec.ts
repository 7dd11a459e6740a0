import { DoubleCount } from '../../../src/kernel/ports/audit.js';
import { EventMap } from '../../../src/telemetry/event-map.js';
import { RunningGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';
import { errorIn, httpUnit, Peer, Remote, Stage, textIn, until } from '../../support/rogue.js';

describe('the pool of an instance', () => {
  let stage: Stage;
  let remote: Remote;
  let gateway: RunningGateway;
  let exhausted: EventMap['pool_exhausted'][];
  let relieved: EventMap['pool_relieved'][];

  beforeEach(async () => {
    stage = new Stage();
    remote = await stage.remote();
  });
  afterEach(() => stage.end());

  async function start(unit: object, config: object = {}): Promise<void> {
    const units = [httpUnit('slow', remote, unit)];
    gateway = await stage.gateway({ regulation: { enabled: false }, units, ...config });
    [exhausted, relieved] = [[], []];
    gateway.bus.on('pool_exhausted', fact => exhausted.push(fact));
    gateway.bus.on('pool_relieved', fact => relieved.push(fact));
  }

  const client = (): Promise<Peer> => stage.client(gateway.mcpUrl);
  const instance = (): string => `slow/${new URL(remote.url).host}`;
  const resize = (size: number): void => gateway.levers.set('s3', 'pool_size', instance(), size, 'a test');
  async function hang(...peers: Peer[]): Promise<void> {
    const before = remote.journal.of('tools/call').length;
    for (const peer of peers) void peer.call('hang', {}, {}, 60_000);
    await until(() => remote.journal.of('tools/call').length === before + peers.length, 'the calls');
  }

  it('tells when nearly all its leases are in use, parked ones not counted, and when they are not any more', async () => {
    await start({ size: 2, overflow: 1 });
    const peers = [await client(), await client(), await client()];
    // Each handshake was work for a moment, the third one's for the last lease.
    await until(() => relieved.length === exhausted.length, 'relief');
    exhausted.length = relieved.length = 0;
    await hang(peers[0]!, peers[1]!);
    expect(exhausted).toEqual([]);
    await hang(peers[2]!);
    expect(exhausted).toEqual([{ unit: 'slow', instance: instance(), inUse: 3, waiting: 0, size: 2, overflow: 1 }]);
    await peers[0]!.notify('notifications/cancelled', { requestId: peers[0]!.lastId });
    await until(() => relieved.length === 1, 'relief');
    expect(relieved).toEqual([{ unit: 'slow', instance: instance(), inUse: 2, exhaustedMs: expect.any(Number) }]);
  });

  it('is resized by its lever, and as it was when that is released', async () => {
    await start({ size: 2, overflow: 0 }, { pool: { checkout_timeout: 300 } });
    const peers = [await client(), await client()];
    await hang(...peers);
    expect(errorIn(await new RawSession(gateway.mcpUrl).initialize())).toBe('pool_timeout');
    resize(3);
    const third = await client();
    expect(textIn(await third.call('whoami'))).toMatch(/^\d+$/);
    await hang(third);
    gateway.levers.release('s3', 'pool_size', instance(), 'enough');
    await third.notify('notifications/cancelled', { requestId: third.lastId });
    await until(async () => errorIn(await third.call('whoami')) !== undefined, 'the lease beyond the limit to go back');
    for (const peer of peers) expect((await peer.ask('ping')).result).toEqual({});
  });

  it('keeps books that agree, while calls run, sessions end and links are lost', async () => {
    await start({ size: 10, overflow: 0, stateless: true });
    const peers = await Promise.all(Array.from({ length: 5 }, () => client()));
    await hang(peers[0]!, peers[1]!);
    agree(5);
    await peers[0]!.leave();
    await peers[2]!.leave();
    await until(() => leases()[0]!.found === 3, 'leases to go back');
    agree(3);
    await peers[1]!.call('cut');
    agree(3);
  });

  const leases = (): DoubleCount[] => gateway.sight.audit.leases();
  function agree(count: number): void {
    const [places, held] = leases();
    expect(places).toEqual({ what: 'places', of: instance(), booked: count, found: count, relation: 'at_most' });
    expect(held).toEqual({ what: 'leases', of: instance(), booked: count, found: count, relation: 'equal' });
  }
});
