import { CuttingProxy } from '../../../load/lib/servers/cutting-proxy.js';
import { EventClient, NativeClient } from '../../support/channel-clients.js';
import { RawSession } from '../../support/raw-http.js';
import { delay, httpUnit, Remote, remoteUnit, Stage } from '../../support/rogue.js';
import { TellingGateway } from '../../support/telling-gateway.js';
import { until } from '../../support/until.js';

const units = [{ name: 'echo', kind: 'echo' }];

describe('one that switches too often', () => {
  it('is refused the fourth time within a minute, and everybody is told', async () => {
    const gateway = await TellingGateway.start({ units });
    let current: NativeClient | EventClient = await NativeClient.join(gateway.doors.wsUrl, {
      client_id: 'restless',
    });
    for (let i = 0; i < 3; i++) {
      const { resume_token }: { resume_token: string } = current.welcome;
      current =
        i % 2 === 0
          ? await EventClient.open(gateway.doors.sseUrl, { resume_token })
          : await NativeClient.join(gateway.doors.wsUrl, { resume_token });
      await until(() => current.told('transport_switched').length > 0, 'the switch');
    }
    for (let i = 0; i < 5; i++) {
      const refused = await NativeClient.open(gateway.doors.wsUrl);
      refused.send({ type: 'hello', data: { resume_token: current.welcome.resume_token } });
      await refused.ended();
      expect(refused.errors[0]).toMatchObject({ error: 'switch_refused' });
      expect(refused.errors[0].retry_after).toBeGreaterThan(0);
      expect(refused.errors[0].retry_after).toBeLessThanOrEqual(60_000);
    }
    const asked = gateway.told('check_oscillation');
    expect(asked.map(({ waitMs }) => waitMs > 0)).toEqual([false, false, false, true, true, true, true, true]);
    const decisions = gateway.told('decision').filter(({ by, action }) => by === 's2' && action === 'refuse switch');
    expect(decisions).toHaveLength(1);
    expect(current.isClosed).toBe(false);
    current.leave();
    await gateway.stop();
  });
});

describe('an instance', () => {
  let remotes: Remote[];
  let proxy: CuttingProxy;
  let flapping: string;
  let gateway: TellingGateway;

  beforeEach(async () => {
    remotes = await Promise.all([remoteUnit(), remoteUnit()]);
    proxy = await CuttingProxy.start(remotes[0]!.url);
    flapping = `127.0.0.1:${proxy.port}`;
    const through = { ...remotes[0]!, url: proxy.url };
    const unit = httpUnit('pair', [through, remotes[1]!], { stateless: true, balance: 'round_robin' });
    gateway = await TellingGateway.start({ units: [unit], health: { interval: 0, fall: 10 } });
  });
  afterEach(async () => {
    await gateway.stop();
    await proxy.stop();
    await Promise.all(remotes.map(remote => remote.stop()));
  });

  /** New sessions come, in turn to each instance, until there is one more of these facts about the one that flaps. */
  const sessionsUntil = async (topic: 'link_failed' | 'link_opened'): Promise<void> => {
    const count = (): number => gateway.told(topic).filter(({ instance }) => instance.includes(flapping)).length;
    const before = count();
    for (const end = Date.now() + 10_000; count() === before;) {
      if (Date.now() > end) throw new Error(`no ${topic}`);
      await new RawSession(gateway.doors.mcpUrl).initialize();
    }
  };
  const suppressed = (): any[] => gateway.told('lever_moved').filter(({ lever }) => lever === 'suppressed');

  it('that fails and comes back three times is suppressed, though it never failed three times in a row', async () => {
    for (let flip = 0; flip < 3; flip++) {
      expect(suppressed()).toEqual([]);
      await sessionsUntil('link_opened');
      proxy.down();
      await sessionsUntil('link_failed');
      proxy.up();
      // Flips within a second are one.
      await delay(1_000);
    }
    const [moved] = suppressed();
    expect(moved).toMatchObject({ by: 's2', value: true, target: expect.stringContaining(flapping) });
    expect(moved.why).toMatch(/3 times: penalty 2\d{3}/);
    expect(moved.until - moved.toldAt).toBeGreaterThan(30_000);
    expect(moved.until - moved.toldAt).toBeLessThanOrEqual(66_000);
    expect(gateway.told('instance_out')).toEqual([]);
    const decisions = gateway.told('decision').filter(({ by }) => by === 's2');
    expect(decisions).toEqual([expect.objectContaining({ action: 'suppress suppressed', target: moved.target })]);
  });

  it('that is down, and stays so, is not', async () => {
    await sessionsUntil('link_opened');
    proxy.down();
    for (let i = 0; i < 5; i++) {
      await sessionsUntil('link_failed');
      await delay(300);
    }
    expect(suppressed()).toEqual([]);
  });
});

describe('a unit that calls wait at', () => {
  it('is shared: one that has its share in flight is passed over', async () => {
    const stage = new Stage();
    try {
      const remote = await stage.remote();
      const gateway = await stage.gateway({
        units: [httpUnit('slow', remote)],
        regulation: { interval: 50, audit_interval: 0 },
        calls: { turn_timeout: 60_000 },
      });
      gateway.levers.set('s5', 'concurrency', 'slow', 4, 'a test');
      const [greedy, modest] = [await stage.client(gateway.mcpUrl), await stage.client(gateway.mcpUrl)];
      const inFlight = async (): Promise<number> => {
        const { details } = (await (await fetch(`${gateway.managementUrl}/health/gateway`)).json()) as any;
        return details.load.callsInFlight;
      };
      const hang = async (peer: typeof greedy, tag: string): Promise<number> => {
        const before = await inFlight();
        void peer.call('hang', { tag }, {}, 60_000);
        const id = peer.lastId;
        await until(async () => (await inFlight()) > before, `call ${tag}`);
        return id;
      };
      const first = await hang(greedy, 'g1');
      for (const tag of ['g2', 'g3', 'g4', 'g5', 'g6']) await hang(greedy, tag);
      await until(() => gateway.levers.setting('s2', 'fair_share', 'slow') !== undefined, 'a share');
      await hang(modest, 'm1');
      await greedy.notify('notifications/cancelled', { requestId: first });
      const tags = (): string[] => remote.journal.of('tools/call').map(({ params }) => params.arguments.tag);
      await until(() => tags().length === 5, 'a fifth call');
      // In turn by client alone it would have been the greedy one's.
      expect(tags()).toEqual(['g1', 'g2', 'g3', 'g4', 'm1']);
    } finally {
      await stage.end();
    }
  });
});

describe('a transport', () => {
  const TOKEN = 'a-token-that-is-long-enough-for-this-test';
  let gateway: TellingGateway;
  let proxy: CuttingProxy;

  beforeEach(async () => {
    gateway = await TellingGateway.start({ units, auth: { token: TOKEN } });
    proxy = await CuttingProxy.start(gateway.doors.wsUrl);
  });
  afterEach(async () => {
    await proxy.stop();
    await gateway.stop();
  });

  const join = (client_id: string): Promise<NativeClient> => NativeClient.join(proxy.url, { client_id, token: TOKEN });
  const moved = (): unknown[] => gateway.told('lever_moved').filter(({ lever }) => lever === 'unsteady');

  it('that is cut for everybody again and again is unsteady; the other one is not', async () => {
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 10 }, (_, i) => join(`client-${i}`)));
      const before = gateway.told('connection_broken').length;
      proxy.cut();
      await until(() => gateway.told('connection_broken').length >= before + 10, 'broken connections');
      // Cuts within a second are one.
      await delay(1_100);
    }
    expect(moved()).toEqual([expect.objectContaining({ target: 'websocket', value: true, by: 's2' })]);
  });

  it('is not unsteady because of one client, however often it is cut', async () => {
    for (let round = 0; round < 12; round++) {
      await join('the-only-one');
      const before = gateway.told('connection_broken').length;
      proxy.cut();
      await until(() => gateway.told('connection_broken').length > before, 'a broken connection');
      await delay(200);
    }
    expect(moved()).toEqual([]);
  });
});
