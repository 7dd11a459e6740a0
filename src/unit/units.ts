import { Unit } from '../kernel/unit.js';

/** The configured units. */
export class Units {
  constructor(
    readonly all: readonly Unit[],
    private readonly onClose: () => Promise<void>,
  ) {}

  /** Gives back what instances hold beyond their leases, such as idle sockets. */
  close(): Promise<void> {
    return this.onClose();
  }
}
