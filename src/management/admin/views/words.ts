import { z } from 'zod';

/** ISO 8601, of milliseconds since the epoch. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** What people call a client: of a key the part that is its client_id, where it has one. */
export function clientIdOf(key: string): string {
  return key.slice(key.lastIndexOf('\n') + 1);
}

export function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

export const time = z.iso.datetime().describe('ISO 8601');
export const count = z.number().int().min(0);
