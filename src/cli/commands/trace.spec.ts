import { freshOf, TraceEvent } from './trace.js';

/** Events by a letter each, at times in the order of the alphabet; capitals are the same with another count. */
const events = (letters: string): TraceEvent[] =>
  [...letters].map(letter => ({
    timestamp: letter.toLowerCase(),
    event: 'error',
    count: letter === letter.toLowerCase() ? 1 : 2,
  }));

describe('what is new in a trace', () => {
  it.each([
    ['nothing was known', '', 'abc', 'abc'],
    ['nothing has come', 'abc', 'abc', ''],
    ['some has come', 'abc', 'abcde', 'de'],
    ['the first are forgotten', 'abcd', 'cde', 'e'],
    ['all are other ones', 'abc', 'xyz', 'xyz'],
    ['the same comes twice in a moment', 'aab', 'aabb', 'b'],
    ['the last came again', 'abc', 'abC', 'C'],
    ['one from before is seen late', 'bc', 'abc', ''],
    ['it is less than before', 'abc', 'c', ''],
  ])('where %s', (_, known, now, fresh) => expect(freshOf(events(known), events(now))).toEqual(events(fresh)));
});
