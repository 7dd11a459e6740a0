export class Dice {
  constructor(seed: number | string);
  next(): number;
  normal(): number;
  poisson(mean: number): number;
}
