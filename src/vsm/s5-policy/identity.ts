import { EventBus } from '../../telemetry/event-bus.js';
import { PolicyStore } from './policy-store.js';

/** Whether what somebody is about to do fits what the policy says this gateway is. */
export class Identity {
  constructor(
    private readonly book: PolicyStore,
    private readonly bus: EventBus,
  ) {}

  /**
   * @param operation such as `mode.lockdown`, `policy.replace`, `lever.circuit`
   * @returns why it does not fit, undefined if it does
   */
  objection(operation: string, principal: string): string | undefined {
    const { purpose } = this.book.policy.identity;
    const aligned = !this.book.forbids(operation);
    const why = aligned
      ? `${operation} fits the gateway's purpose`
      : `The policy forbids ${operation}: it does not fit the gateway's purpose ("${purpose}").`;
    this.bus.emit('verify_identity', { operation, principal, aligned, why });
    return aligned ? undefined : why;
  }
}
