import { RunningGateway } from '../support/gateway.js';
import { errorIn, httpUnit, Journal, Peer, Stage, stdioUnit, textIn, until } from '../support/rogue.js';

const PLAIN = { regulation: { enabled: false }, calls: { turn_timeout: 60_000 } };

describe('a unit with a limit for calls in flight', () => {
  let stage: Stage;
  let gateway: RunningGateway;
  let journal: Journal;

  beforeEach(() => {
    stage = new Stage();
  });
  afterEach(() => stage.end());

  async function start(concurrency: number, unit: object = {}, config: object = {}): Promise<void> {
    const remote = await stage.remote();
    journal = remote.journal;
    const units = [httpUnit('slow', remote, unit)];
    gateway = await stage.gateway({ ...PLAIN, units, ...config });
    gateway.levers.set('s3', 'concurrency', 'slow', concurrency, 'a test');
  }

  const client = (): Promise<Peer> => stage.client(gateway.mcpUrl);
  const got = (): string[] => journal.of('tools/call').map(({ params }) => params.arguments?.tag ?? params.name);
  /** Calls that hang until they are cancelled; each is waited for until the gateway has it. */
  async function hang(peer: Peer, ...tags: string[]): Promise<number[]> {
    const ids: number[] = [];
    for (const tag of tags) {
      const before = (await load()).callsInFlight;
      void peer.call('hang', { tag }, {}, 60_000);
      ids.push(peer.lastId);
      await until(async () => (await load()).callsInFlight > before, `call ${tag}`);
    }
    return ids;
  }
  const cancel = (peer: Peer, requestId: number): Promise<Response> =>
    peer.notify('notifications/cancelled', { requestId });
  async function load(): Promise<{ callsInFlight: number }> {
    const response = await fetch(`${gateway.managementUrl}/health/gateway`);
    const { details } = (await response.json()) as any;
    return details.load;
  }
  const release = (): void => gateway.levers.release('s3', 'concurrency', 'slow', 'enough');

  it('gets exactly so many, and the next when one has ended', async () => {
    await start(2);
    const peer = await client();
    const [first] = await hang(peer, 'a', 'b', 'c', 'd');
    await until(() => got().length === 2, 'the second call');
    expect(got()).toEqual(['a', 'b']);
    await cancel(peer, first!);
    await until(() => got().length === 3, 'the third call');
    expect(got()).toEqual(['a', 'b', 'c']);
    const answer = peer.call('whoami');
    release();
    expect(textIn(await answer)).toBeDefined();
    expect(got()).toEqual(['a', 'b', 'c', 'd', 'whoami']);
  });

  it('is asked by clients in turn, however many calls one of them has', async () => {
    await start(1);
    const [greedy, modest] = [await client(), await client()];
    const [first] = await hang(greedy, 'first');
    const waiting = ['g1', 'g2', 'g3', 'g4'].map(tag => greedy.call('sleep', { tag }));
    await until(async () => (await load()).callsInFlight === 5, 'five calls');
    const mine = modest.call('sleep', { tag: 'mine' });
    await until(async () => (await load()).callsInFlight === 6, 'six calls');
    await cancel(greedy, first!);
    await Promise.all([...waiting, mine]);
    expect(got().indexOf('mine')).toBe(2);
  });

  it('passes over a client that has its share in flight while others wait', async () => {
    await start(4);
    gateway.levers.set('s2', 'fair_share', 'slow', 0.5, 'a test');
    const [greedy, modest] = [await client(), await client()];
    const running = await hang(greedy, 'g1', 'g2', 'g3', 'g4', 'g5', 'g6');
    await hang(modest, 'm1', 'm2');
    await cancel(greedy, running[0]!);
    await until(() => got().length === 5, 'a fifth call');
    await cancel(greedy, running[1]!);
    await until(() => got().length === 6, 'a sixth call');
    expect(got().slice(4)).toEqual(['m1', 'm2']);
  });

  it('is spared calls that have waited for too long', async () => {
    await start(1, {}, { calls: { turn_timeout: 300 } });
    const peer = await client();
    await hang(peer, 'first');
    const late = await Promise.all([peer.call('hang'), peer.call('hang')]);
    expect(late.map(errorIn)).toEqual(['unit_busy', 'unit_busy']);
    expect(late[0].error.data.retry_after).toBe(300);
    expect(late[0].error.message).toMatch(/waited 300 ms/);
    await until(() => got().length > 0, 'the first call');
    expect(got()).toEqual(['first']);
  });

  it('refuses one whose client has half of those waiting that may, and takes others still', async () => {
    await start(1);
    const [peer, other] = [await client(), await client()];
    await hang(peer, 'first');
    const many = Array.from({ length: 34 }, () => peer.call('hang', {}, {}, 60_000));
    await until(async () => (await load()).callsInFlight === 35, 'all calls');
    const refused = await peer.call('hang');
    expect(errorIn(refused)).toBe('unit_busy');
    expect(refused.error.data.retry_after).toBe(60_000);
    await hang(other, 'other');
    await until(() => got().length > 0, 'the first call');
    expect(got()).toEqual(['first']);
    release();
    await until(() => got().length === 1 + many.length + 1, 'all calls');
    await peer.leave();
    await Promise.all(many);
  });

  it('never hears of a call that was cancelled while it waited', async () => {
    await start(1);
    const peer = await client();
    const [first, second] = await hang(peer, 'a', 'b', 'c');
    await cancel(peer, second!);
    await until(async () => (await load()).callsInFlight === 2, 'the call to be forgotten');
    await cancel(peer, first!);
    await until(() => got().length === 2, 'the next call');
    expect(got()).toEqual(['a', 'c']);
  });

  it('never hears of a call whose session ended while it waited', async () => {
    await start(1);
    const [peer, other] = [await client(), await client()];
    const [first] = await hang(peer, 'a');
    await hang(other, 'b');
    await hang(peer, 'c');
    await other.leave();
    await until(async () => (await load()).callsInFlight === 2, 'the session to end');
    await cancel(peer, first!);
    await until(() => got().length === 2, 'the next call');
    expect(got()).toEqual(['a', 'c']);
  });

  it('gets all that waits when the limit is lifted, and more when it is raised', async () => {
    await start(1);
    const peer = await client();
    await hang(peer, 'a', 'b', 'c', 'd', 'e');
    gateway.levers.set('s3', 'concurrency', 'slow', 3, 'more');
    await until(() => got().length === 3, 'three calls');
    release();
    await until(() => got().length === 5, 'five calls');
  });

  it('shows how many wait, for how long, and how many were refused', async () => {
    await start(1, {}, { calls: { turn_timeout: 400 } });
    const peer = await client();
    const vitals = (): object => gateway.sight.vitals.units()[0]!;
    expect(vitals()).toMatchObject({ unit: 'slow', inFlight: 0, waiting: 0, oldestWaitMs: 0, shed: 0 });
    await hang(peer, 'first');
    const late = Promise.all([peer.call('hang'), peer.call('hang')]);
    await until(() => (vitals() as any).waiting === 2 && (vitals() as any).oldestWaitMs > 10, 'two that wait');
    await late;
    expect(vitals()).toMatchObject({ inFlight: 1, waiting: 0, oldestWaitMs: 0, shed: 2 });
  });

  it('answers a ping while calls wait', async () => {
    await start(1);
    const peer = await client();
    await hang(peer, 'a', 'b');
    expect((await peer.ask('ping')).result).toEqual({});
  });

  it('refuses the id of a call that waits', async () => {
    await start(1);
    const peer = await client();
    await hang(peer, 'a', 'b');
    const again = await peer.send({ jsonrpc: '2.0', id: peer.lastId, method: 'tools/call', params: { name: 'read' } });
    expect(errorIn(again)).toBe('duplicate_id');
  });

  describe('with leases that are shared', () => {
    it('takes turns by client all the same', async () => {
      await start(1, { lease: 'shared' });
      const [greedy, modest] = [await client(), await client()];
      const [first] = await hang(greedy, 'first');
      const waiting = ['g1', 'g2', 'g3'].map(tag => greedy.call('sleep', { tag }));
      await until(async () => (await load()).callsInFlight === 4, 'four calls');
      const mine = modest.call('sleep', { tag: 'mine' });
      await until(async () => (await load()).callsInFlight === 5, 'five calls');
      await cancel(greedy, first!);
      await Promise.all([...waiting, mine]);
      expect(got().indexOf('mine')).toBe(2);
    });

    it('forgets the calls of a session that ends', async () => {
      await start(1, { lease: 'shared' });
      const [peer, other] = [await client(), await client()];
      const [first] = await hang(peer, 'a');
      await hang(other, 'b');
      await hang(peer, 'c');
      await other.leave();
      await until(async () => (await load()).callsInFlight === 2, 'the session to end');
      await cancel(peer, first!);
      await until(() => got().length === 2, 'the next call');
      expect(got()).toEqual(['a', 'c']);
    });
  });

  describe('that dies', () => {
    async function startStdio(unit: object): Promise<void> {
      journal = new Journal();
      const units = [stdioUnit('slow', {}, journal, unit)];
      gateway = await stage.gateway({ ...PLAIN, units });
      gateway.levers.set('s3', 'concurrency', 'slow', 1, 'a test');
    }

    it('is asked again by those that waited, where it keeps no state', async () => {
      await startStdio({ stateless: true });
      const peer = await client();
      const dies = peer.call('cut', { ms: 200 });
      await until(() => got().length === 1, 'the call');
      const waits = peer.call('whoami');
      expect(errorIn(await dies)).toBe('outcome_unknown');
      expect(textIn(await waits)).toMatch(/^\d+$/);
    });

    it('answers those that waited with its end, where it kept some', async () => {
      await startStdio({});
      const peer = await client();
      const dies = peer.call('cut', { ms: 200 });
      await until(() => got().length === 1, 'the call');
      const waits = peer.call('whoami');
      expect(errorIn(await dies)).toBe('outcome_unknown');
      expect(errorIn(await waits)).toBe('unit_unavailable');
      expect(got()).toEqual(['cut']);
    });
  });

  it('still gets what waits when the gateway drains', async () => {
    await start(1, {}, { drain_timeout: 10_000 });
    const peer = await client();
    const calls = ['a', 'b', 'c'].map(tag => peer.call('sleep', { tag, ms: 50 }));
    await until(async () => (await load()).callsInFlight === 3, 'three calls');
    const stopped = gateway.stop();
    expect((await Promise.all(calls)).map(textIn)).toEqual(calls.map(() => expect.stringMatching(/^slept/)));
    await stopped;
  });
});
