import { calm, flap, slow } from './balanced.js';
import { flood, storm, transports } from './native.js';
import { overload } from './overload.js';

/**
 * In the order of the report. Each has
 *   name, title       `title` says what disturbs
 *   held              whether goodput with regulation must stay at 95 % of that in calm
 *   phases            seconds of calm, of the disturbance and of recovery
 *   prepare(stage)    starts units and the gateway
 *   clients(stage)    the well-behaved clients, as clients.mjs has them
 *   arm(stage)        may be missing: gets those ready that will disturb
 *   disturb(stage, ms)   resolves when the disturbance is over
 *   settle(stage)     may be missing: after the recovery phase, before the clients stop
 *   recovered(ms, told)  may be missing: when it has recovered, given when goodput had
 */
export const SCENARIOS = [calm, slow, flood, flap, transports, overload, storm];
