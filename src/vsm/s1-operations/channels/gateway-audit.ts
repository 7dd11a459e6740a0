import { Audit, DoubleCount, ProbeResult } from '../../../kernel/audit.js';
import { UnitAudit } from '../auditor.js';
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
