import { messagesOf, NativeClient, publish } from '../support/channel-clients.js';
import { RunningGateway } from '../support/gateway.js';
import { httpUnit, Remote, Stage, stdioUnit, Journal, textIn, until } from '../support/rogue.js';

describe('the audit', () => {
  const stage = new Stage();
  afterEach(() => stage.end());
  const idOf = (remote: Remote): string => `u/${new URL(remote.url).host}`;

  it('asks one of the instances at random for a handshake, and calls no tool', async () => {
    const remotes = await Promise.all([stage.remote(), stage.remote()]);
    const {
      sight: { audit },
    } = await stage.gateway({ units: [httpUnit('u', remotes)] });
    expect(audit.units()).toEqual(['u']);
    const asked = (remote: Remote): number => remote.journal.of('initialize').length;
    await until(async () => {
      expect(await audit.probe('u')).toEqual({ unit: 'u', ok: true, tookMs: expect.any(Number) });
      return remotes.every(remote => asked(remote) > 0);
    });
    expect(remotes.flatMap(({ journal }) => journal.of('tools/call'))).toEqual([]);
    expect(await audit.probe('nobody')).toMatchObject({ ok: false, error: 'unit_not_found' });
  });

  it('pings by a line that has nothing to do', async () => {
    const remote = await stage.remote();
    const gateway = await stage.gateway({ units: [httpUnit('u', remote, { stateless: true, lease: 'shared' })] });
    const peer = await stage.client(gateway.mcpUrl);
    expect(textIn(await peer.call('whoami'))).toBe(`${remote.pid}`);
    const links = remote.journal.of('initialize').length;
    const pings = remote.journal.of('ping').length;
    expect(await gateway.sight.audit.probe('u')).toMatchObject({ ok: true });
    expect(remote.journal.of('initialize')).toHaveLength(links);
    expect(remote.journal.of('ping')).toHaveLength(pings + 1);
  });

  it('says what is wrong: silence, refusal, a circuit', async () => {
    const remote = await stage.remote({ mute: 'initialize' });
    const units = [httpUnit('u', remote), stdioUnit('dead', { dieOn: 'initialize' }, new Journal())];
    const {
      sight: { audit },
      levers,
    } = await stage.gateway({ units, health: { interval: 0, timeout: 1_000 } });
    expect(await audit.probe('u')).toMatchObject({ ok: false, error: 'unit_timeout' });
    expect(await audit.probe('dead')).toMatchObject({ ok: false, error: 'unit_unavailable' });
    const before = remote.journal.of('initialize').length;
    levers.set('s3', 'circuit', idOf(remote), 'open', 'a test');
    expect(await audit.probe('u')).toMatchObject({ ok: false, error: 'circuit_open' });
    expect(remote.journal.of('initialize')).toHaveLength(before);
  });

  it('finds outboxes as they are booked, while messages flow, wait, expire and are acknowledged', async () => {
    const gateway: RunningGateway = await stage.gateway({ units: [{ name: 'echo', kind: 'echo' }] });
    const {
      sight: { audit },
      mcpUrl,
      wsUrl,
    } = gateway;
    const names = Array.from({ length: 6 }, (_, i) => `c${i}`);
    const clients = await Promise.all(names.map(name => NativeClient.join(wsUrl, { client_id: name, acks: true })));
    clients[0]!.leave();
    clients[1]!.leave();
    await until(async () => (await audit.outboxes(10)).length === 6);
    const stop = Date.now() + 2_000;
    const flow = names.map(async (name, i) => {
      while (Date.now() < stop) {
        await publish(mcpUrl, messagesOf(name), { payload: 'x', ttl: i === 0 ? 1 : 60_000 });
        const last = clients[i]!.sequences.at(-1);
        if (i > 3 && last !== undefined) clients[i]!.ack(last);
      }
    });
    let compared = 0;
    while (Date.now() < stop) {
      for (const { what, booked, found, relation } of await audit.outboxes(4)) {
        expect({ what, relation, found }).toEqual({ what: 'outboxes', relation: 'equal', found: booked });
        compared++;
      }
    }
    await Promise.all(flow);
    expect(compared).toBeGreaterThan(0);
    const last = await audit.outboxes(10);
    expect(last).toHaveLength(6);
    expect(last.filter(({ booked, found }) => booked !== found)).toEqual([]);
    expect(Math.max(...last.map(({ found }) => found))).toBeGreaterThan(0);
    for (const client of clients) client.leave();
  });
});
