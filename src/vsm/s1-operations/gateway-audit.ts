import { Audit, DoubleCount, ProbeResult } from '../../kernel/ports/audit.js';
import { UnitAudit } from './s1-audit.js';
import { OutboxAudit } from './outbox-audit.js';

/** All that S3* may see for itself: units, and what is owed to clients. */
export class GatewayAudit extends Audit {
  constructor(
    private readonly ofUnits: UnitAudit,
    private readonly ofOutboxes: OutboxAudit,
  ) {
    super();
  }

  units(): readonly string[] {
    return this.ofUnits.units();
  }

  probe(unit: string): Promise<ProbeResult> {
    return this.ofUnits.probe(unit);
  }

  outboxes(most: number): Promise<DoubleCount[]> {
    return this.ofOutboxes.count(most);
  }

  leases(): DoubleCount[] {
    return this.ofUnits.leases();
  }
}
