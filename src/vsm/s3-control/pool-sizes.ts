import { Clock } from '../../kernel/clock.js';
import { LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { Sight } from '../../kernel/ports/regulator.js';
import { PoolVitals } from '../../kernel/ports/vitals.js';
import { ControlLoop } from './control-loop.js';
import { HostStats } from './host-stats.js';

/** Utilisation beyond which a pool grows when it is seen twice, and below which it shrinks when it lasts. */
const FULL = 0.9;
const IDLE = 0.3;
const LASTS = 60_000;
/** Between two steps back, in ms. */
const STEP = 10_000;
/** How much larger a pool becomes at a time. */
const GROWTH = 1.5;
/** So many times as large as configured; smaller pools are those of child processes, each of which has memory of its own. */
const MOST = 4;
const MOST_SMALL = 2;
const SMALL = 32;
/** Shares of memory that must be left, and of the heap that may be used. */
const SPARE_MEMORY = 0.1;
const HEAP = 0.8;
/** Pools that are looked after. */
const POOLS = 2_000;

interface PoolState {
  /** The size without a lever. */
  configured: number;
  fullLooks: number;
  /** Since when it is idle. */
  idleSince: number;
}

/** Makes pools larger while their leases are all used and somebody waits, and smaller again when few are. */
export class PoolSizes extends ControlLoop {
  readonly name = 'pool sizes';
  private states = new Map<string, PoolState>();

  constructor(
    private readonly leverWriter: LeverWriter,
    private readonly levers: Levers,
    private readonly clock: Clock,
    private readonly machine: HostStats,
  ) {
    super();
  }

  tick({ vitals }: Sight): void {
    const now = this.clock.elapsed();
    const states = new Map<string, PoolState>();
    for (const pool of vitals.pools().slice(0, POOLS)) {
      const state = this.states.get(pool.instance) ?? { configured: pool.size, fullLooks: 0, idleSince: now };
      states.set(pool.instance, state);
      if (!this.levers.now.pool_size.has(pool.instance)) state.configured = pool.size;
      this.look(pool, state, now);
    }
    for (const id of this.states.keys())
      if (!states.has(id)) this.leverWriter.release('s3', 'pool_size', id, `${id} is gone`);
    this.states = states;
  }

  private look(pool: PoolVitals, state: PoolState, now: number): void {
    const wanted = pool.inUse + pool.waiting;
    state.fullLooks = wanted > FULL * pool.limit ? state.fullLooks + 1 : 0;
    if (wanted >= IDLE * pool.limit) state.idleSince = now;
    if (state.fullLooks >= 2) this.grow(pool, state);
    else if (now - state.idleSince >= LASTS) this.shrink(pool, state, now);
  }

  private grow({ instance, inUse, waiting, size, limit }: PoolVitals, { configured }: PoolState): void {
    // Who allows one and no overflow, as of a process that cannot run twice, means one.
    if (limit === 1) return;
    const { freeMemory, heap } = this.machine.condition;
    if (freeMemory < SPARE_MEMORY || heap > HEAP) return;
    const { max = configured * (configured < SMALL ? MOST_SMALL : MOST) } = this.leverWriter.boundsOf('pool_size');
    const next = Math.min(max, Math.ceil(size * GROWTH));
    if (next <= size) return;
    const why = `${instance}: ${inUse} of ${limit} leases in use and ${waiting} waiting; ${size} become ${next}`;
    this.leverWriter.set('s3', 'pool_size', instance, next, why);
  }

  private shrink({ instance, inUse, limit }: PoolVitals, state: PoolState, now: number): void {
    const size = this.leverWriter.setting('s3', 'pool_size', instance)?.value;
    if (size === undefined) return;
    state.idleSince = now - LASTS + STEP;
    const next = Math.floor(Math.min(size - 1, size * FULL));
    const why = `${instance}: ${inUse} of ${limit} leases in use for a minute`;
    if (next <= state.configured) this.leverWriter.release('s3', 'pool_size', instance, why);
    else this.leverWriter.set('s3', 'pool_size', instance, next, `${why}; ${size} become ${next}`);
  }
}
