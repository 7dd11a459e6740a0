import type { Command } from '../command.js';
import { circuits } from './circuits.js';
import { cleanup } from './cleanup.js';
import { client } from './client.js';
import { clients } from './clients.js';
import { connections } from './connections.js';
import { disconnect } from './disconnect.js';
import { drain } from './drain.js';
import { errors } from './errors.js';
import { levers } from './levers.js';
import { limit } from './limit.js';
import { logLevel } from './log-level.js';
import { mode } from './mode.js';
import { policy } from './policy.js';
import { pools } from './pools.js';
import { profile } from './profile.js';
import { signals, trail } from './records.js';
import { ring } from './ring.js';
import { stats } from './stats.js';
import { status } from './status.js';
import { trace } from './trace.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  ...[status, stats, connections, clients, client, trace, errors],
  ...[pools, ring, circuits, levers, limit, mode, policy, signals, trail],
  ...[cleanup, logLevel, disconnect, drain, profile],
];
