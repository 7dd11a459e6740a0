import { HandshakePacing } from '../../kernel/ports/handshake-gate.js';
import { Limits } from '../../kernel/ports/access.js';
import { OriginGuard } from './origin-guard.js';
import { CallerResolver } from './caller.js';
import { ConnectionLimit } from './connection-limit.js';

/** Whom every request passes before a door takes it. */
export class RequestAdmission {
  constructor(
    readonly guard: OriginGuard,
    readonly callers: CallerResolver,
    readonly limits: Limits,
    readonly gate: HandshakePacing,
    readonly connectionLimit: ConnectionLimit,
  ) {}
}
