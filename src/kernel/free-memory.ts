import { freemem, totalmem } from 'node:os';

/** 0 … 1: what the kernel could give, caches counted, where Node can tell (20.13 and later). */
export function freeMemory(): number {
  const allowed = process.constrainedMemory();
  const total = allowed > 0 && allowed < totalmem() ? allowed : totalmem();
  const available = process.availableMemory?.() ?? freemem();
  return Math.min(1, available / total);
}
