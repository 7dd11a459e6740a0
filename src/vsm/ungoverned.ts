import { GatewayError } from '../kernel/errors.js';
import { Governance } from '../kernel/ports/governance.js';
import { AuditLog } from '../kernel/ports/audit-log.js';

function refuse(): never {
  throw new GatewayError('conflict', 'regulation.enabled is false: there is no policy, and nobody who moves levers.');
}

/** Where nobody regulates there is nobody to ask. */
export class NoGovernance extends Governance {
  policy = refuse;
  replacePolicy = refuse;
  set = refuse;
  release = refuse;
  pin = refuse;
  verify = refuse;
}

export class NoAuditLog extends AuditLog {
  note(): void {}
  recent = refuse;
}
