import { Clock } from '../kernel/clock.js';
import { Hub } from '../hub/hub.js';
import { Maintenance, MaintenanceReport } from '../kernel/ports/maintenance.js';
import { Pools } from '../pool/pools.js';
import { SharedUpstreams } from '../mcp/federation/shared-upstreams.js';
import { McpServer } from '../mcp/mcp-server.js';
import { HealthChecks } from '../mcp/upstream/health-checks.js';
import { CoarseClock } from '../mcp/upstream/coarse-clock.js';

/** Milliseconds between looks for what is idle, at most. */
const TICK = 5_000;

export interface MaintenanceSettings {
  /** Milliseconds after which sessions, and leases that nobody uses, are idle. */
  sessionIdle: number;
  leaseIdle: number;
  /** Milliseconds between health checks; 0 for none. */
  probeInterval: number;
}

/** What S1 does by the clock: ends what is idle, asks instances how they are, looks after what is in flight. */
export class MaintenanceLoop {
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly rounds: {
      intake: McpServer;
      pools: Pools;
      sharedUpstreams: SharedUpstreams;
      healthChecks: HealthChecks;
      watch: CoarseClock;
    },
    private readonly clock: Clock,
    private readonly settings: MaintenanceSettings,
  ) {}

  start(): void {
    const { sessionIdle, leaseIdle, probeInterval } = this.settings;
    this.every(Math.min(TICK, sessionIdle, leaseIdle), () => this.sweep());
    if (probeInterval > 0) this.every(probeInterval, () => void this.rounds.healthChecks.round());
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.rounds.watch.stop();
  }

  /** @param idleMs in the place of what is set */
  sweep(idleMs?: number): { sessions: number; sharedUpstreams: number; leases: number } {
    const { intake, sharedUpstreams, pools } = this.rounds;
    const sessions = intake.endIdle(idleMs);
    return {
      sessions,
      sharedUpstreams: sharedUpstreams.reap(idleMs),
      leases: pools.reapIdle(this.clock.now(), idleMs),
    };
  }

  private every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    timer.unref();
    this.timers.push(timer);
  }
}

/** Does at once what the loop does by the clock. */
export class MaintenanceOnDemand extends Maintenance {
  constructor(
    private readonly hub: Hub,
    private readonly loop: MaintenanceLoop,
  ) {
    super();
  }

  tidy(idleMs?: number): MaintenanceReport {
    const channels = this.hub.endIdle(idleMs);
    const { sharedUpstreams: lines, ...rest } = this.loop.sweep(idleMs);
    return { ...rest, lines, channels, tokens: this.hub.sessions.forgetExpired() };
  }
}
