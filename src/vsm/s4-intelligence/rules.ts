import { Rule } from './detector.js';

/** Milliseconds: at least twice as long, and longer by what a person could notice. */
export const LATENCY: Rule = {
  noise: expected => Math.max(5, 0.1 * expected),
  matters: (value, expected) => value >= 2 * expected && value >= expected + 50,
};

/** Share of calls that fail: five more of a hundred. */
export const ERROR_RATE: Rule = {
  noise: () => 0.005,
  matters: (value, expected) => value >= expected + 0.05,
};

/** Messages per second: many times more, or next to none; below a hundred the gateway does not feel it. */
export const TRAFFIC: Rule = {
  noise: expected => Math.max(5, 0.1 * expected, Math.sqrt(expected)),
  matters: (value, expected) =>
    value > expected ? value >= 3 * expected && value >= expected + 100 : value <= 0.2 * expected && expected >= 100,
};
