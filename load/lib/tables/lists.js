/** Tool lists of several units as clients get them: how long they took, whether a unit was all there, who was missing. */
import { quantile } from './stats.js';

export class Lists {
  /** Milliseconds, one for each list. */
  took = [];
  /** Lists in which an expected name was not there. */
  incomplete = 0;
  /** Lists that had no answer, or an error. */
  failed = 0;
  /** How many lists named this unit as missing. */
  missing = new Map();

  /** @param expected names that every list must have */
  constructor(expected) {
    this.expected = expected;
  }

  /** Asks for all pages of one list; resolves when it is counted. @param ask (method, params) → answer or undefined */
  async see(ask) {
    const startedAt = performance.now();
    const names = new Set();
    const missing = new Set();
    let cursor;
    do {
      const answer = await ask('tools/list', cursor === undefined ? {} : { cursor });
      if (!answer?.result) return void this.failed++;
      const { tools, nextCursor, _meta } = answer.result;
      for (const { name } of tools) names.add(name);
      for (const { unit } of _meta?.['viable/missing'] ?? []) missing.add(unit);
      cursor = nextCursor;
    } while (cursor !== undefined);
    this.took.push(performance.now() - startedAt);
    if (!this.expected.every(name => names.has(name))) this.incomplete++;
    for (const unit of missing) this.missing.set(unit, (this.missing.get(unit) ?? 0) + 1);
  }

  get p50() {
    return quantile(this.took, 0.5);
  }

  get longest() {
    return quantile(this.took, 1);
  }
}
