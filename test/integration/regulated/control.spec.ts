import { NativeClient } from '../../support/channel-clients.js';
import { RunningGateway } from '../../support/gateway.js';
import { delay, errorIn, httpUnit, Peer, Remote, Stage, textIn, until } from '../../support/rogue.js';

describe('S3 in a gateway at work', () => {
  const stage = new Stage();
  let gateway: RunningGateway;
  let remotes: Remote[];
  let moved: any[];

  const begin = async (count: number, config: object = {}): Promise<void> => {
    remotes = await Promise.all(Array.from({ length: count }, () => stage.remote()));
    const unit = httpUnit('u', remotes, { stateless: true, balance: 'round_robin' });
    gateway = await stage.gateway({ units: [unit], ...config });
    moved = [];
    gateway.bus.on('lever_moved', move => void moved.push(move));
  };
  const idOf = (remote: Remote): string => `u/${new URL(remote.url).host}`;
  const moves = (lever: string): any[] => moved.filter(move => move.lever === lever);

  afterEach(() => stage.end());

  /** Each peer makes one call after the other, until `done`. @returns how long each took, in ms, and when it was begun */
  async function load(peers: Peer[], done: () => boolean): Promise<{ at: number; took: number; answer: any }[]> {
    const calls: { at: number; took: number; answer: any }[] = [];
    const one = async (peer: Peer): Promise<void> => {
      while (!done()) {
        const at = performance.now();
        const answer = await peer.call('whoami');
        calls.push({ at, took: performance.now() - at, answer });
        await delay(20);
      }
    };
    await Promise.all(peers.map(one));
    return calls;
  }

  it('drains one of three instances that becomes slow, and the others serve everybody', async () => {
    await begin(3);
    const peers = await Promise.all(Array.from({ length: 15 }, () => stage.client(gateway.mcpUrl)));
    await load(
      peers,
      (
        (end: number) => () =>
          performance.now() > end
      )(performance.now() + 3_000),
    );
    expect(moves('drained')).toEqual([]);
    const slow = remotes[1]!;
    await slow.control({ options: { toolDelay: 5_000 } });
    const since = performance.now();
    let drainedAt = Infinity;
    gateway.bus.on(
      'lever_moved',
      ({ lever }) => lever === 'drained' && (drainedAt = Math.min(drainedAt, performance.now())),
    );
    const calls = await load(peers, () => performance.now() > Math.min(drainedAt + 3_000, since + 15_000));
    expect(moves('drained')).toMatchObject([{ target: idOf(slow), value: true, by: 's3' }]);
    expect(drainedAt - since).toBeLessThan(12_000);
    const after = calls.filter(({ at }) => at > drainedAt + 500);
    expect(after.length).toBeGreaterThan(15);
    expect(new Set(after.map(({ answer }) => Number(textIn(answer))))).not.toContain(slow.pid);
  });

  it('moves no lever in calm', async () => {
    await begin(2);
    const peers = await Promise.all(Array.from({ length: 5 }, () => stage.client(gateway.mcpUrl)));
    await load(
      peers,
      (
        (end: number) => () =>
          performance.now() > end
      )(performance.now() + 4_000),
    );
    for (const lever of ['drained', 'concurrency', 'rate_limit', 'pool_size']) expect(moves(lever)).toEqual([]);
  });

  it('holds a circuit open that it is asked to, and lets go of it', async () => {
    await begin(1);
    const peer = await stage.client(gateway.mcpUrl);
    expect(textIn(await peer.call('whoami'))).toBeDefined();
    const target = idOf(remotes[0]!);
    gateway.bus.emit('force_circuit_state', { target, state: 'open', why: 'maintenance', forMs: 20_000 });
    expect(errorIn(await peer.call('whoami'))).toBe('circuit_open');
    gateway.bus.emit('force_circuit_state', { target, state: null, why: 'done' });
    await until(async () => textIn(await peer.call('whoami')) !== undefined, 'an answer');
  });

  it('holds a native client that floods, while another is served, and gives its rate back', async () => {
    await begin(1, { limits: { messages_refill: 40 }, regulation: { interval: 50 } });
    const flooder = await NativeClient.join(gateway.wsUrl, { client_id: 'flooder' });
    const other = await NativeClient.join(gateway.wsUrl, { client_id: 'other' });
    const client = 'anonymous\nflooder';
    const evidence = { messages_per_second: 4_000 };
    gateway.bus.emit('usage_pattern', { client, pattern: 'message_flood', evidence, present: true });
    const began = performance.now();
    for (let i = 0; i < 200; i++) flooder.send({ id: i, type: 'chat' });
    expect((await other.say({ type: 'chat' })).type).toBe('ack');
    const acks = (): number => flooder.frames.filter(({ type, id }) => type === 'ack' && id !== undefined).length;
    await until(() => acks() >= 25, 'what is read of it');
    const seconds = (performance.now() - began) / 1_000;
    expect(acks()).toBeLessThanOrEqual(10 + 10 * seconds + 5);
    gateway.bus.emit('usage_pattern', { client, pattern: 'message_flood', evidence, present: false });
    await until(() => moves('rate_limit').at(-1)?.value === null, 'its own rate');
    // It has its whole rate long before that, and is held until what it has sent is read.
    expect(moves('rate_limit').map(({ value }) => value)).toEqual([10, 20, 40, null]);
  });

  it('audits, and finds nothing where all is well', async () => {
    await begin(2, { regulation: { interval: 20, audit_interval: 30 } });
    const found: any[] = [];
    gateway.bus.on('audit_discrepancy', one => void found.push(one));
    const peers = await Promise.all([1, 2, 3].map(() => stage.client(gateway.mcpUrl)));
    await load(
      peers,
      (
        (end: number) => () =>
          performance.now() > end
      )(performance.now() + 3_000),
    );
    expect(found).toEqual([]);
  });

  it('finds out that a unit is gone', async () => {
    await begin(1, { regulation: { interval: 20, audit_interval: 20 }, health: { interval: 0, timeout: 300 } });
    const found: any[] = [];
    gateway.bus.on('audit_discrepancy', one => void found.push(one));
    await remotes[0]!.stop();
    await until(() => found.length > 0, 'a discrepancy');
    expect(found[0]).toMatchObject({ what: 'probe', of: 'u', booked: 'answers' });
  });
});
