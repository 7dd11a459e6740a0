import { Decision, AuditLog } from '../../kernel/ports/audit-log.js';

/** The newest decisions, for as long as the process lives. */
export class MemoryAuditLog extends AuditLog {
  private readonly decisions: Decision[] = [];

  constructor(private readonly most = 10_000) {
    super();
  }

  note(decision: Decision): void {
    this.decisions.push(decision);
    if (this.decisions.length >= this.most * 2) this.decisions.splice(0, this.decisions.length - this.most);
  }

  recent(most: number): Promise<Decision[]> {
    const count = Math.min(most, this.most, this.decisions.length);
    return Promise.resolve(this.decisions.slice(this.decisions.length - count).reverse());
  }
}
