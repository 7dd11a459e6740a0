import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { ForcedState, Levers } from '../kernel/ports/levers.js';

export type EdgeListener = (target: string, before: ForcedState | undefined, after: ForcedState | undefined) => void;

/** Which circuits somebody holds open or closed, of instances (by id) and of transports. */
@Injectable()
export class ForcedCircuits {
  constructor(
    private readonly levers: Levers,
    private readonly clock: Clock,
  ) {}

  of(target: string): ForcedState | undefined {
    return this.levers.now.circuit.get(target);
  }

  /** Milliseconds until it is released by itself; undefined where it is not forced, or nobody knows when. */
  remaining(target: string): number | undefined {
    const until = this.levers.until('circuit', target);
    return until === null ? undefined : Math.max(1, until - this.clock.now());
  }

  /** Told of each target whose forced state has changed. */
  onEdge(listener: EdgeListener): void {
    let before = this.levers.now.circuit;
    this.levers.onChange(({ circuit }) => {
      if (circuit === before) return;
      const was = before;
      before = circuit;
      for (const [target, state] of was)
        if (circuit.get(target) !== state) listener(target, state, circuit.get(target));
      for (const [target, state] of circuit) if (!was.has(target)) listener(target, undefined, state);
    });
  }
}
