/** `[due, took]`, ms. */
export type Item = [due: number, took: number | null];

export interface Times {
  calm: number;
  disturbed: number;
  recovering: number;
  end: number;
}

export interface Figures {
  calm: number;
  calmShare: number;
  goodput: number;
  share: number;
  p99: number;
  calmP99: number;
  due: number;
  failed: number;
  failedShare: number;
  recovery: number;
}

export const DEADLINE: number;
export const CAP: number;
export function goodput(items: readonly Item[], from: number, to: number): number;
export function p99(items: readonly Item[], from: number, to: number): number;
export function failed(items: readonly Item[], from: number, to: number): number;
export function series(items: readonly Item[], from: number, to: number, step: number): number[];
export function recovery(items: readonly Item[], given: { from: number; to: number; calm: number }): number;
export function figuresOf(items: readonly Item[], times: Times): Figures;
