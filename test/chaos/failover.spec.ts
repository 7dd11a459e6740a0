import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CuttingProxy } from '../../load/lib/servers/cutting-proxy.js';
import { RunningFixture, startFixture } from '../support/fixture.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';
import { FATES, Fate } from './fates.js';

const LAB = resolve('test/fixtures/lab-unit.mjs');
/** Sessions of each unit, each with a call in flight. */
const SESSIONS = 50;
/** Milliseconds that a call is in flight: longer than it takes to notice that nobody works on it. */
const CALL = 6_000;
/** How soon the gateway notices that an instance hangs. Milliseconds. */
const CALLS = { silence: 700, ping_timeout: 2_500 };

/** One session with one call in flight, and what became of both. */
interface Case {
  session: RawSession;
  instance: string;
  /** Of the process that serves it. */
  pid: number;
  safe: boolean;
  fate: Promise<{ fate: Fate; at: number }>;
}

interface Row {
  unit: string;
  fault: string;
  elsewhere: string;
  safe: string;
  unsafe: string;
  sessions: string;
  slowest: string;
}

/** Two instances over HTTP, each behind a proxy that can fall silent. */
class Farm {
  readonly fixtures: RunningFixture[] = [];
  readonly proxies: CuttingProxy[] = [];

  async add(): Promise<string> {
    const fixture = await startFixture(LAB, ['--http', '0']);
    const proxy = await CuttingProxy.start(fixture.url);
    this.fixtures.push(fixture);
    this.proxies.push(proxy);
    return proxy.url;
  }

  async stop(): Promise<void> {
    for (const { pid } of this.fixtures) signal(pid, 'SIGKILL');
    await Promise.all([...this.fixtures, ...this.proxies].map(one => one.stop()));
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

describe('one of two instances fails under fifty sessions', () => {
  const rows: Row[] = [];
  let gateway: GatewayProcess;
  let farm: Farm;
  let cases: Case[];

  afterAll(() => {
    const head = ['unit', 'fault', 'sessions elsewhere', 'safe calls', 'other calls', 'its sessions', 'slowest'];
    const lines = rows.map(row => `| ${Object.values(row).join(' | ')} |`);
    console.info([`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n'));
  });

  afterEach(async () => {
    await Promise.all(cases.map(({ session }) => session.delete().catch(() => undefined)));
    await gateway.stop();
    await farm.stop();
  });

  const text = async (session: RawSession, tool: string, args: object = {}): Promise<any> =>
    session.answerOf(await session.request('tools/call', { name: tool, arguments: args }));

  /** Fifty sessions, every other with a call that may be made twice, and the instance that each is at. */
  async function prepare(unit: { stateless: boolean; stdio: boolean }): Promise<void> {
    farm = new Farm();
    const traits = { name: 'lab', kind: 'mcp', stateless: unit.stateless, trusted: true, size: SESSIONS, overflow: 10 };
    const place = unit.stdio
      ? { command: process.execPath, args: [LAB], instances: 2 }
      : { urls: [await farm.add(), await farm.add()], transport: 'streamable_http' };
    gateway = await GatewayProcess.spawn({
      units: [{ ...traits, ...place }],
      calls: CALLS,
      health: { interval: 0 },
      log_level: 'debug',
    });
    const { mcp } = await gateway.ready();
    const sessions = Array.from({ length: SESSIONS }, () => new RawSession(mcp));
    for (let i = 0; i < SESSIONS; i += 10) {
      await Promise.all(sessions.slice(i, i + 10).map(session => session.initialize()));
    }
    await sessions[0]!.answerOf(await sessions[0]!.request('tools/list'));
    await until(() => sessions.every(({ id }) => instanceOf(id!) !== undefined), 'every link in the log');
    const pids = await Promise.all(sessions.map(pidOf));
    cases = sessions.map((session, i) => begin(session, pids[i]!, i % 2 === 0));
    await until(async () => (await inFlight()) === SESSIONS, 'fifty calls in flight');
  }

  const instanceOf = (session: string): string | undefined =>
    gateway.lines().find(line => line.msg === 'link_opened' && line.session === session.slice(0, 8))
      ?.instance as string;

  async function inFlight(): Promise<number> {
    const { management } = await gateway.ready();
    const health: any = await (await fetch(`${management}/health/gateway`)).json();
    return health.details.load.callsInFlight as number;
  }

  /** Of the process that serves the session. */
  async function pidOf(session: RawSession): Promise<number> {
    return pidIn(await text(session, 'whoami'));
  }

  const pidIn = (answer: any): number => Number(answer.result.content[0].text.split(' ')[1]);

  function begin(session: RawSession, pid: number, safe: boolean): Case {
    const instance = instanceOf(session.id!)!;
    const call = async (): Promise<{ fate: Fate; at: number }> => {
      const answer = await text(session, safe ? 'read' : 'sleep', { ms: CALL });
      const at = Date.now();
      const code = answer?.error?.data.error as string | undefined;
      if (code !== undefined) return { fate: code === 'outcome_unknown' ? 'outcome unknown' : 'other error', at };
      return { fate: pidIn(answer) === pid ? 'answered' : 'sent again', at };
    };
    return { session, instance, pid, safe, fate: call() };
  }

  const counters = (fates: Fate[]): string => {
    const kinds = [...new Set(fates)].sort();
    return kinds.map(kind => `${fates.filter(fate => fate === kind).length} ${kind}`).join(', ') || 'none';
  };

  /** When the gateway noticed: the first link it gave up. Milliseconds since the epoch. */
  async function noticed(): Promise<number> {
    const lost = () => gateway.lines().find(line => line.msg === 'link_lost' || line.msg === 'call_failed');
    await until(() => lost() !== undefined, 'that it is noticed');
    return new Date(lost()!.time as string).getTime();
  }

  /** After the fault: each session of the failed instance makes another call at once. */
  async function follow(
    victim: string,
    breakIt: () => void,
  ): Promise<{ elsewhere: Fate[]; own: Case[]; next: Next[] }> {
    const own = cases.filter(one => one.instance === victim);
    const others = cases.filter(one => one.instance !== victim);
    expect(own.length).toBeGreaterThan(5);
    expect(others.length).toBeGreaterThan(5);
    breakIt();
    const since = await noticed();
    const next = await Promise.all(own.map(one => goOn(one, since)));
    const elsewhere = (await Promise.all(others.map(({ fate }) => fate))).map(({ fate }) => fate);
    return { elsewhere, own, next };
  }

  interface Next {
    status: number;
    ms: number;
  }

  /** The session's next call once it knows of its last, or at once where that is sent again. */
  async function goOn({ session, safe, fate }: Case, since: number): Promise<Next> {
    const told = await Promise.race([fate, delay(safe ? 100 : CALL, undefined)]);
    const from = told?.at ?? since;
    for (;;) {
      const response = await session.request('tools/call', { name: 'whoami', arguments: {} });
      const answer = await session.answerOf(response);
      const ms = Date.now() - from;
      if (response.status !== 200 || !answer?.error) return { status: response.status, ms };
    }
  }

  async function record(unit: string, fault: string, victim: string, breakIt: () => void, stateless: boolean) {
    const { elsewhere, own, next } = await follow(victim, breakIt);
    const fates = await Promise.all(own.map(async ({ safe, fate }) => ({ safe, fate: (await fate).fate })));
    const of = (safe: boolean): Fate[] => fates.filter(one => one.safe === safe).map(({ fate }) => fate);
    const slowest = Math.max(...next.map(({ ms }) => ms));
    rows.push({
      unit: `${unit}, ${stateless ? 'stateless' : 'stateful'}`,
      fault,
      elsewhere: counters(elsewhere),
      safe: counters(of(true)),
      unsafe: counters(of(false)),
      sessions: `${next.filter(({ status }) => status === 200).length} go on, ${next.filter(({ status }) => status === 404).length} get 404`,
      slowest: `${slowest} ms`,
    });
    expect(new Set(elsewhere)).toEqual(new Set(['answered']));
    const { safe, unsafe, next: status } = FATES[stateless ? 'stateless' : 'stateful'];
    expect(new Set(of(false))).toEqual(new Set([unsafe]));
    expect(new Set(of(true))).toEqual(new Set([safe]));
    expect(new Set(next.map(one => one.status))).toEqual(new Set([status]));
    // A bound, not a measurement: what it took is in the table.
    expect(slowest).toBeLessThan(20_000);
  }

  describe.each([true, false])('stateless: %s', stateless => {
    it.each<['SIGKILL' | 'SIGSTOP']>([['SIGKILL'], ['SIGSTOP']])('stdio: %s to all children of one', async name => {
      await prepare({ stateless, stdio: true });
      const victim = cases[0]!.instance;
      const children = cases.filter(({ instance }) => instance === victim).map(({ pid }) => pid);
      await record(
        'stdio',
        name === 'SIGKILL' ? 'kill -9' : name,
        victim,
        () => children.forEach(pid => signal(pid, name)),
        stateless,
      );
    });

    it.each<['SIGKILL' | 'SIGSTOP']>([['SIGKILL'], ['SIGSTOP']])('HTTP: %s to one', async name => {
      await prepare({ stateless, stdio: false });
      const [victim, at] = victimOf();
      const { pid } = farm.fixtures[at]!;
      await record('HTTP', name === 'SIGKILL' ? 'kill -9' : name, victim, () => signal(pid, name), stateless);
    });

    it('HTTP: one accepts and never answers', async () => {
      await prepare({ stateless, stdio: false });
      const [victim, at] = victimOf();
      await record('HTTP', 'accepts, never answers', victim, () => farm.proxies[at]!.mute(), stateless);
    });
  });

  function victimOf(): [instance: string, index: number] {
    const victim = cases[0]!.instance;
    return [victim, farm.proxies.findIndex(({ port }) => victim.includes(String(port)))];
  }
});
