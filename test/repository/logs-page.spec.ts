import { LEVELS } from '../../src/management/fact-log.js';
import { factsOfLogPage } from '../support/log-page.js';

describe('docs/LOGS.md', () => {
  it('has each fact, with its level', () => {
    const levels = [...factsOfLogPage()].map(([fact, { level }]) => [fact, level]);
    expect(Object.fromEntries(levels)).toEqual(LEVELS);
  });
});
