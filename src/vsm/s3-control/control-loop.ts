import { Sight } from '../../kernel/ports/regulator.js';

/** One of S3's loops: it looks, and moves the levers that are its own. What it throws is logged, and stops nobody else. */
export abstract class ControlLoop {
  abstract readonly name: string;
  /** From now on facts and requests on the bus are taken. */
  listen(_sight: Sight): void {}
  abstract tick(sight: Sight): void;
  /** Nothing is listened to or measured any more. */
  stop(): void {}
}

/** Means nothing by itself: a middle of three or more is moved by none of them alone. @returns NaN of none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
