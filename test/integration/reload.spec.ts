import { resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { RunningFixture, startFixture } from '../support/fixture.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';

const LAB = resolve('test/fixtures/lab-unit.mjs');

describe('a configuration that changes while the gateway runs', () => {
  let gateway: GatewayProcess;
  let fixtures: RunningFixture[];
  let mcp: string;

  beforeAll(async () => {
    fixtures = await Promise.all([1, 2].map(() => startFixture(LAB, ['--http', '0'])));
    gateway = await GatewayProcess.spawn(configOf([fixtures[0]!.url]), { LOG_LEVEL: 'info' });
    ({ mcp } = await gateway.ready());
  });
  afterAll(async () => {
    await gateway.stop();
    await Promise.all(fixtures.map(fixture => fixture.stop()));
  });

  const configOf = (urls: string[], more: object = {}): object => ({
    units: [{ name: 'far', kind: 'mcp', urls, stateless: true, balance: 'round_robin' }],
    ...more,
  });

  /** Writes the file anew, and waits until it was read. */
  async function reload(text: string): Promise<void> {
    const read = (): number => gateway.lines().filter(({ msg }) => String(msg).includes('read again')).length;
    const before = read();
    await writeFile(gateway.configFile, text);
    gateway.child.kill('SIGHUP');
    await until(() => read() > before, 'the second reading');
  }

  async function whoami(session: RawSession): Promise<string> {
    const answer = await session.answerOf(await session.request('tools/call', { name: 'whoami', arguments: {} }));
    return answer.result.content[0].text as string;
  }

  /** Whom four new sessions meet. */
  async function met(): Promise<Set<string>> {
    const sessions = [1, 2, 3, 4].map(() => new RawSession(mcp));
    for (const session of sessions) await session.initialize();
    const names = await Promise.all(sessions.map(whoami));
    await Promise.all(sessions.map(session => session.delete()));
    return new Set(names);
  }

  it('brings an instance in and takes one out, and a session of the one that goes goes on with the other', async () => {
    const old = new RawSession(mcp);
    await old.initialize();
    const first = await whoami(old);
    expect(await met()).toEqual(new Set([first]));

    await reload(JSON.stringify(configOf(fixtures.map(({ url }) => url))));
    expect((await met()).size).toBe(2);

    await reload(JSON.stringify(configOf([fixtures[1]!.url])));
    const now = await met();
    expect(now.size).toBe(1);
    expect(now).not.toContain(first);
    expect(now).toContain(await whoami(old));
    await old.delete();
  });

  it('stays as it is when the file is not in order, and the log says why', async () => {
    const before = await met();
    await reload('units: [{ name: far, kind: nonsense }]');
    expect(gateway.lines().at(-1)).toMatchObject({ why: expect.stringContaining('units[0].kind') });
    expect(await met()).toEqual(before);
  });

  it('says which settings wait for the next start', async () => {
    await reload(JSON.stringify(configOf([fixtures[1]!.url], { sessions: { idle_timeout: 1_000 } })));
    await until(() => gateway.lines().at(-1)!.settings !== undefined, 'the warning');
    expect(gateway.lines().at(-1)).toMatchObject({ settings: ['sessions'] });
  });

  it('says so each time, also of a unit that is new, and goes on changing the others', async () => {
    const units = [{ name: 'new', kind: 'echo' }];
    const pending = { settings: ['units.new'] };
    for (const url of [fixtures[0]!.url, fixtures[1]!.url]) {
      const [far] = (configOf([url]) as { units: object[] }).units;
      await reload(JSON.stringify({ units: [far, ...units] }));
      await until(() => gateway.lines().at(-1)!.settings !== undefined, 'the warning');
      expect(gateway.lines().slice(-2)).toMatchObject([{ added: [expect.any(String)] }, pending]);
    }
    expect((await met()).size).toBe(1);
  });
});
