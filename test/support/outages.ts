import { metricOf, NativeClient, EventClient, publish, messagesOf } from './channel-clients.js';
import { admin } from './admin.js';
import { RunningFixture, startFixture } from './fixture.js';
import { RunningGateway } from './gateway.js';
import { RawSession } from './raw-http.js';
import { Repeated } from './repeated.js';
import { until } from './until.js';

/*
 * Outages that alerts are for, each at a gateway of its own: the thing itself, and its end.
 */

export type Doors = Pick<RunningGateway, 'mcpUrl' | 'sseUrl' | 'wsUrl' | 'managementUrl'>;

export interface Outage {
  /** The alerts that it is for, and the labels by which they say where. */
  readonly alerts: readonly (readonly [alert: string, labels: Record<string, string>])[];
  /** Of the gateway's process. */
  readonly env?: Record<string, string>;
  /** What its gateway is configured with. */
  config(): object | Promise<object>;
  begin(doors: Doors): Promise<void>;
  end(doors: Doors): Promise<void>;
  /** Leaves no process behind. */
  stop?(): Promise<void>;
}

const LAB = 'test/fixtures/lab-unit.mjs';
const ECHO = [{ name: 'echo', kind: 'echo' }];

const lab = (url: string, more: object = {}): object[] => [
  { name: 'lab', kind: 'mcp', url, transport: 'streamable_http', ...more },
];

async function open({ mcpUrl }: Doors): Promise<RawSession> {
  const session = new RawSession(mcpUrl);
  await session.initialize();
  if (session.id === undefined) throw new Error('no session');
  return session;
}

const call = async (session: RawSession, name: string, args: object = {}): Promise<void> => {
  const response = await session.request('tools/call', { name, arguments: args });
  await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
};

/** A unit over HTTP, which can die and come back. */
abstract class OutageOfUnit implements Outage {
  abstract readonly alerts: Outage['alerts'];
  protected unit!: RunningFixture;

  /** @param more of the unit's configuration */
  protected async labbed(more: object = {}): Promise<object[]> {
    this.unit = await startFixture(LAB, ['--http', '0']);
    return lab(this.unit.url, more);
  }

  abstract config(): Promise<object>;
  abstract begin(doors: Doors): Promise<void>;
  abstract end(doors: Doors): Promise<void>;

  async stop(): Promise<void> {
    await this.unit.stop();
  }
}

/** Each lease there may be has a call that takes its time; the pool has grown as far as it may. */
export class PoolHeld extends OutageOfUnit {
  readonly alerts = [['ViablePoolNearlyExhausted', { unit: 'lab' }]] as const;
  private sessions: RawSession[] = [];
  private calls: Promise<unknown>[] = [];

  async config(): Promise<object> {
    return { units: await this.labbed({ size: 4, overflow: 0 }) };
  }

  async begin(doors: Doors): Promise<void> {
    // Twice as many as configured is what such a pool grows to.
    for (let i = 0; i < 8; i++) {
      const session = await open(doors);
      this.sessions.push(session);
      this.calls.push(call(session, 'sleep', { ms: 600_000 }).catch(() => undefined));
      await until(async () => (await metricOf(doors.managementUrl, 'gateway_pool_in_use')) > i, 'a lease in use');
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.sessions.map(session => session.delete()));
    await Promise.all(this.calls);
  }
}

/** Some of a unit's calls come too late, most are well. */
export class CallsFail extends OutageOfUnit {
  readonly alerts = [['ViableErrorsHigh', { unit: 'lab' }]] as const;
  private working: Repeated | undefined;
  private failing: Repeated | undefined;

  async config(): Promise<object> {
    return { units: await this.labbed(), calls: { timeout: 200 } };
  }

  async begin(doors: Doors): Promise<void> {
    const [well, ill] = [await open(doors), await open(doors)];
    this.working = new Repeated(() => call(well, 'count').then(() => new Promise(done => setTimeout(done, 50))));
    this.failing = new Repeated(() => call(ill, 'sleep', { ms: 60_000 }));
  }

  /** The work goes on. */
  async end(): Promise<void> {
    await this.failing!.stop();
  }

  override async stop(): Promise<void> {
    await this.working?.stop();
    await super.stop();
  }
}

/** The only instance of a unit dies under its sessions, and stays away; clients try again all the time. */
export class UnitDead extends OutageOfUnit {
  readonly alerts = [
    ['ViableErrorsHigh', { unit: 'lab' }],
    ['ViablePain', { severity: 'critical' }],
    ['ViableFailoversFrequent', { event: 'link_lost' }],
  ] as const;
  private trying: Repeated | undefined;

  async config(): Promise<object> {
    // As much quicker as the rules are: it is half a minute by default.
    return { units: await this.labbed(), circuit_breaker: { timeout: 2_000 }, health: { interval: 500 } };
  }

  async begin(doors: Doors): Promise<void> {
    const sessions: RawSession[] = [];
    for (let i = 0; i < 15; i++) sessions.push(await open(doors));
    const calls = sessions.map(session => call(session, 'sleep', { ms: 600_000 }).catch(() => undefined));
    const inFlight = (): Promise<number> => metricOf(doors.managementUrl, 'gateway_instance_calls_in_flight');
    await until(async () => (await inFlight()) === 15, 'fifteen calls in flight');
    process.kill(this.unit.pid, 'SIGKILL');
    await Promise.all(calls);
    let session: RawSession | undefined;
    this.trying = new Repeated(async () => {
      session ??= await open(doors);
      await call(session, 'count').catch(thrown => ((session = undefined), Promise.reject(thrown as Error)));
    });
  }

  async end(): Promise<void> {
    const { port } = new URL(this.unit.url);
    this.unit = await startFixture(LAB, ['--http', port]);
    const { done } = this.trying!;
    await until(() => this.trying!.done > done, 'a call to the unit that is back');
  }

  override async stop(): Promise<void> {
    await this.trying?.stop();
    await super.stop();
  }
}

/** Clients change from WebSocket to event stream, as they do when something on the way cuts sockets. */
export class TransportsSwitched implements Outage {
  readonly alerts = [['ViableFailoversFrequent', { event: 'transport_switched' }]] as const;
  private readonly clients: (NativeClient | EventClient)[] = [];

  config(): object {
    return { units: ECHO };
  }

  async begin({ wsUrl, sseUrl }: Doors): Promise<void> {
    const names = Array.from({ length: 15 }, (_, i) => `mobile-${i}`);
    const before = await Promise.all(names.map(client_id => NativeClient.join(wsUrl, { client_id })));
    for (const client of before) client.cut();
    this.clients.push(...(await Promise.all(names.map(client_id => EventClient.open(sseUrl, { client_id })))));
  }

  end(): Promise<void> {
    for (const client of this.clients) client.leave();
    return Promise.resolve();
  }
}

/** A unit's calls take 800 ms. */
export class CallsSlow extends OutageOfUnit {
  readonly alerts = [['ViableLatencyHigh', { unit: 'lab' }]] as const;
  private ms = 800;
  private readonly callers: Repeated[] = [];

  async config(): Promise<object> {
    return { units: await this.labbed() };
  }

  async begin(doors: Doors): Promise<void> {
    for (let i = 0; i < 4; i++) {
      const session = await open(doors);
      this.callers.push(new Repeated(() => call(session, 'sleep', { ms: this.ms })));
    }
  }

  /** It is quick again, and asked as before. */
  end(): Promise<void> {
    this.ms = 20;
    return Promise.resolve();
  }

  override async stop(): Promise<void> {
    for (const caller of this.callers) await caller.stop();
    await super.stop();
  }
}

/** So much is published to a client that is away that little memory is left. */
export class HeapFilled implements Outage {
  readonly alerts = [['ViableHeapNearlyFull', {}]] as const;
  // V8 counts what is young into the limit, which a heap that is full of what is old never reaches.
  readonly env = { NODE_OPTIONS: '--max-old-space-size=400 --max-semi-space-size=1' };
  private traffic: Repeated | undefined;

  config(): object {
    const huge = 1_000_000_000;
    return { units: ECHO, limits: { buffered_bytes: 2 * huge }, delivery: { outbox_bytes: huge } };
  }

  async begin({ mcpUrl, wsUrl, managementUrl }: Doors): Promise<void> {
    const away = await NativeClient.join(wsUrl, { client_id: 'away' });
    away.cut();
    const enough = 0.77 * (await metricOf(managementUrl, 'gateway_heap_limit_bytes'));
    const payload = { body: 'x'.repeat(1_000_000) };
    while ((await metricOf(managementUrl, 'gateway_outbox_bytes')) < enough) {
      for (let i = 0; i < 10; i++)
        expect((await publish(mcpUrl, messagesOf('away'), { payload })).status).toBeLessThan(300);
    }
  }

  /** As the runbook has it; and others' messages come and go: a process that does nothing does not collect its garbage. */
  async end(doors: Doors): Promise<void> {
    const { mcpUrl, wsUrl, managementUrl } = doors;
    await until(async () => {
      await admin(doors, 'POST', '/mcp/admin/cleanup', { idle_ms: 0 });
      return (await metricOf(managementUrl, 'gateway_outbox_bytes')) < 50_000_000;
    }, 'empty outboxes');
    const here = await NativeClient.join(wsUrl, { client_id: 'here', acks: true });
    here.socket.on('message', () => here.ack(here.sequences.at(-1) ?? 0));
    this.traffic = new Repeated(() => publish(mcpUrl, messagesOf('here'), { payload: 'y'.repeat(100_000) }));
  }

  async stop(): Promise<void> {
    await this.traffic?.stop();
  }
}

/** An operator holds a mode that is not normal. */
export class ModeHeld implements Outage {
  readonly alerts = [['ViableNotNormal', { mode: 'lockdown' }]] as const;

  config(): object {
    return { units: ECHO };
  }

  async begin(doors: Doors): Promise<void> {
    const { status } = await admin(doors, 'POST', '/mcp/admin/mode', { mode: 'lockdown', why: 'an exercise' });
    expect(status).toBe(200);
  }

  async end(doors: Doors): Promise<void> {
    expect((await admin(doors, 'DELETE', '/mcp/admin/mode', { why: 'it is over' })).status).toBe(200);
  }
}
