import { Maintenance, MaintenanceReport } from '../kernel/ports/maintenance.js';
import { MaintenanceLoop } from './maintenance.js';
import { Hub } from '../hub/hub.js';

export class MaintenanceOnDemand extends Maintenance {
  constructor(
    private readonly hub: Hub,
    private readonly maintenanceLoop: MaintenanceLoop,
  ) {
    super();
  }

  tidy(idleMs?: number): MaintenanceReport {
    const channels = this.hub.endIdle(idleMs);
    const { sharedUpstreams: lines, ...rest } = this.maintenanceLoop.sweep(idleMs);
    return { ...rest, lines, channels, tokens: this.hub.sessions.forgetExpired() };
  }
}
