import { Signals } from '../../telemetry/signals.js';
import { Governance } from '../../kernel/ports/governance.js';
import { AuditLog } from '../../kernel/ports/audit-log.js';

/** What S5 keeps, and what it says to what is done without it. */
export class Records {
  constructor(
    readonly auditLog: AuditLog,
    readonly signals: Signals,
    private readonly governance: Governance,
    readonly regulated: boolean,
  ) {}

  /** @throws GatewayError `forbidden`; where nobody regulates nobody objects */
  allow(operation: string): void {
    if (this.regulated) this.governance.verify(operation);
  }
}
