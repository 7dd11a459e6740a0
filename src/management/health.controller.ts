import { Controller, Get, HttpCode } from '@nestjs/common';
import { HealthCheck, HealthCheckResult, HealthCheckService, HealthIndicatorResult } from '@nestjs/terminus';
import { HealthIndicatorService } from '@nestjs/terminus';
import { ListenerVitals, Vitals } from '../kernel/ports/vitals.js';
import { unitHealth } from './unit-health.js';

/** What probes and people ask. Only what this node can mend by leaving the load balancer makes it unready. */
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    private readonly vitals: Vitals,
    private readonly doors: ListenerVitals,
  ) {}

  /** Alive: the event loop answers. */
  @Get('health')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** Ready for new sessions: listening and not draining. A bad unit makes no node unready. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.listeners(), () => this.admitting()]);
  }

  /** The same, with every unit and why it is not well; a unit's trouble shows and does not fail the check. */
  @Get('health/gateway')
  @HttpCode(200)
  @HealthCheck()
  gateway(): Promise<HealthCheckResult> {
    return this.health.check([() => this.listeners(), () => this.admitting(), () => this.units(), () => this.load()]);
  }

  private listeners(): HealthIndicatorResult {
    const check = this.indicator.check('listeners');
    return this.doors.listening ? check.up() : check.down('not every listener takes connections');
  }

  private admitting(): HealthIndicatorResult {
    const check = this.indicator.check('admission');
    return this.vitals.draining ? check.down('draining: new sessions go to other nodes') : check.up();
  }

  private load(): HealthIndicatorResult {
    return this.indicator.check('load').up({ ...this.vitals.load() });
  }

  private units(): HealthIndicatorResult {
    return this.indicator.check('units').up({ ...unitHealth(this.vitals) });
  }
}
