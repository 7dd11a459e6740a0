import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { Decision, AuditLog } from '../../kernel/ports/audit-log.js';

/** Writes down what was decided, and what it was decided for. */
export class DecisionLog {
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly auditLog: AuditLog,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  start(): void {
    const { bus } = this;
    this.ends.push(
      bus.on('decision', decision => this.auditLog.note(decision)),
      bus.on('lever_moved', ({ lever, target, value, by, why, until }) =>
        this.note(by, `${value === null ? 'release' : 'set'} ${lever}`, target, why, { value, until }),
      ),
      bus.on('mode_changed', ({ from, to, why }) => this.note('s5', 'mode_changed', '', why, { from, to })),
      bus.on('policy_update', ({ version, why }) => this.note('s5', 'policy_update', '', why, { version })),
      bus.on('policy_rejected', ({ source, why }) => this.note('s5', 'policy_rejected', source, why)),
      bus.on('check_compliance', ({ action, principal, target, compliant, why }) => {
        if (!compliant) this.note('s5', `refuse ${action}`, target, why, { principal });
      }),
      bus.on('verify_identity', ({ operation, principal, aligned, why }) => {
        if (!aligned) this.note('s5', `refuse ${operation}`, '', why, { principal });
      }),
      bus.on('audit_discrepancy', ({ what, of, booked, found }) =>
        this.note('s3*', `discrepancy ${what}`, of, `${booked} are booked, ${found} were found`, { booked, found }),
      ),
      bus.on('pain', ({ id, severity, source, of, message, count }) =>
        this.note('algedonic', `pain ${source}`, of, message, { id, severity, count }),
      ),
      bus.on('pleasure', ({ id, source, of, message, recovery_time_ms }) =>
        this.note('algedonic', `pleasure ${source}`, of, message, { id, recovery_time_ms }),
      ),
    );
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
  }

  private note(by: string, action: string, target: string, why: string, details?: Decision['details']): void {
    this.auditLog.note({ at: this.clock.now(), by, action, target, why, details });
  }
}
