import { Gate } from '../kernel/gate.js';
import { Limits } from '../kernel/principal.js';
import { HttpGuard } from './http-guard.js';
import { Reception } from './reception.js';
import { Seats } from './seats.js';

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
