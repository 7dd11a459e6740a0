import { resolve } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.js';
import { RawSession } from '../support/raw-http.js';
import { until } from '../support/until.js';
import { Fault, FaultTable } from './fault-table.js';

/** Series that must be back at zero when a fault is over. */
const GAUGES = [
  'gateway_sessions',
  'gateway_connections',
  'gateway_pool_leases',
  'gateway_pool_waiting',
  'gateway_buffered_bytes',
  'gateway_relays',
];

/**
 * A gateway process in which faults are tried, with a session beside them that must go on undisturbed. After each
 * fault everything it left behind is counted.
 */
export class Arena {
  private gateway!: GatewayProcess;
  private bystander!: RawSession;
  private sessions: RawSession[] = [];
  urls!: Awaited<ReturnType<GatewayProcess['ready']>>;

  /** GET streams and sockets that are open at the unit `remote`. */
  remote!: { listening: () => number; sockets: () => Promise<number> };

  constructor(
    private readonly config: () => Promise<object>,
    private readonly table: FaultTable,
  ) {
    beforeAll(async () => {
      // Most units here fail whatever comes: as regulation sees it, the gateway would be degraded, and refuse new sessions.
      const env = { MCP_POLICY_FILE: resolve('test/fixtures/never-degraded.yaml') };
      this.gateway = await GatewayProcess.spawn(await this.config(), env);
      this.urls = await this.gateway.ready();
    });
    afterAll(() => this.gateway.stop());
  }

  /** A session on the Streamable HTTP door, ended after the test if it still lives. */
  session(unit = 'faulty', headers: Record<string, string> = {}): RawSession {
    const session = new RawSession(`${this.urls.mcp}?unit=${unit}`, '2025-11-25', headers);
    this.sessions.push(session);
    return session;
  }

  async metric(series: string): Promise<number> {
    const text = await (await fetch(`${this.urls.management}/metrics`)).text();
    const values = text.split('\n').filter(line => line.startsWith(series) && !line.startsWith('#'));
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  children(): Promise<number[]> {
    return this.gateway.children();
  }

  get log(): string {
    return this.gateway.stdout;
  }

  /** Declares tests as faults of one section of the table. */
  section(name: string): { fault: (row: Fault, run: () => Promise<void>) => void } {
    return {
      fault: (row, run) => {
        this.table.add(name, row);
        it(row.fault, () => this.survive(run));
      },
    };
  }

  private async survive(run: () => Promise<void>): Promise<void> {
    this.sessions = [];
    this.bystander = this.session('echo');
    await this.bystander.initialize();
    try {
      await run();
      await this.checkBystander();
    } finally {
      const open = this.sessions.filter(session => session.id);
      await Promise.all(open.map(session => session.delete().catch(() => undefined)));
    }
    for (const gauge of GAUGES) await until(async () => (await this.metric(gauge)) === 0, `${gauge} back at zero`);
    await until(async () => (await this.children()).length === 0, 'no child left');
    await until(async () => (await this.remote.sockets()) === 0, 'no socket left at the remote unit');
    expect(this.gateway.child.exitCode).toBeNull();
    expect(this.log).not.toContain('defect:');
  }

  private async checkBystander(): Promise<void> {
    const message = 'still here';
    const response = await this.bystander.request('tools/call', { name: 'echo', arguments: { message } });
    expect(await response.json()).toMatchObject({ result: { content: [{ text: message }] } });
  }
}
