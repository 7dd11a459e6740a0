import { isLogLevel, isSevereEnough, leastSevere } from './log-level.js';

const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
const STRANGE = ['', 'Debug', 'warn', 'fatal', '__proto__', 'length', 0, 3, null, undefined, {}, ['debug']];

describe('the log levels', () => {
  it('are those of RFC 5424', () => {
    expect(LEVELS.every(isLogLevel)).toBe(true);
    expect(STRANGE.filter(isLogLevel)).toEqual([]);
  });

  it.each(LEVELS.map((wanted, i) => [wanted, LEVELS.slice(i)]))('for one who wants %s are %j', (wanted, heard) => {
    expect(LEVELS.filter(level => isSevereEnough(level, wanted))).toEqual(heard);
  });

  it('are for nobody where they are none', () => {
    for (const level of STRANGE) expect(LEVELS.filter(wanted => isSevereEnough(level, wanted))).toEqual([]);
  });

  it.each([
    [[], undefined],
    [['emergency'], 'emergency'],
    [['error', 'info', 'alert'], 'info'],
    [['notice', 'notice'], 'notice'],
    [LEVELS.toReversed(), 'debug'],
  ])('of %j have for the least severe %j', (levels, least) => expect(leastSevere(levels)).toBe(least));
});
