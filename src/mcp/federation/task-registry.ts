import { GatewayError } from '../../kernel/errors.js';
import { Unit } from '../../kernel/ports/unit.js';

/** Tasks a session may have with units at a time; of more, the oldest are forgotten. */
const MAX = 1_024;

/** Whose the tasks of a session are (MCP 2025-11-25, tasks): units make their ids, and two may make the same. */
export class TaskRegistry {
  private readonly owners = new Map<string, Unit | 'several'>();

  has(taskId: unknown): boolean {
    return this.owners.has(taskId as string);
  }

  note(taskId: unknown, unit: Unit): void {
    if (typeof taskId !== 'string' || taskId.length > 1_024) return;
    const known = this.owners.get(taskId) ?? unit;
    this.owners.set(taskId, known === unit ? unit : 'several');
    if (this.owners.size > MAX) this.owners.delete(this.owners.keys().next().value!);
  }

  /** @throws GatewayError `unknown_name` for a task that is not this session's, or that two units claim */
  of(taskId: unknown): Unit {
    const owner = this.owners.get(taskId as string);
    if (owner === undefined) throw new GatewayError('unknown_name', 'No task of this session has that id.');
    if (owner === 'several') throw new GatewayError('unknown_name', 'Two units have a task of that id.');
    return owner;
  }
}
