import { Gate } from '../../kernel/ports/handshake-gate.js';
import { Limits } from '../../kernel/ports/access.js';
import { HttpGuard } from './origin-guard.js';
import { Reception } from './caller.js';
import { Seats } from './connection-limit.js';

/** Whom every request passes before a door takes it. */
export class Threshold {
  constructor(
    readonly guard: HttpGuard,
    readonly reception: Reception,
    readonly limits: Limits,
    readonly gate: Gate,
    readonly seats: Seats,
  ) {}
}
