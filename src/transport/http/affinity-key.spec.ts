import { IncomingMessage } from 'node:http';
import { AffinityKey } from './affinity-key.js';

/** Node gives header names in lower case. */
function found(setting: string, query: string, headers: Record<string, string> = {}): string | undefined {
  return new AffinityKey(setting).of({ headers } as unknown as IncomingMessage, new URL(`http://gateway/mcp?${query}`));
}

describe('AffinityKey', () => {
  const headers = { 'x-user': 'ada', 'mcp-param-region': 'eu' };

  it.each([
    ['session', 'client_id=c1', undefined],
    ['client_id', 'client_id=c1', 'c1'],
    ['client_id', 'client_id=a%2Fb&client_id=c2', 'a/b'],
    ['client_id', 'client_id=', undefined],
    ['client_id', '', undefined],
    ['header:X-User', 'client_id=c1', 'ada'],
    ['header:Mcp-Param-Region', '', 'eu'],
    ['header:X-Other', 'client_id=c1', undefined],
  ])('finds for %s in ?%s: %s', (setting, query, value) => {
    expect(found(setting, query, headers)).toBe(value);
  });

  it('keeps little of a long value, and tells long values apart to the last character', () => {
    const long = 'x'.repeat(256);
    expect(found('client_id', `client_id=${long}`)).toBe(long);
    const digests = ['y', 'z'].map(end => found('client_id', `client_id=${long}${end}`)!);
    expect(digests.map(({ length }) => length)).toEqual([43, 43]);
    expect(digests[0]).not.toBe(digests[1]);
    expect(found('header:X-User', '', { 'x-user': `${long}y` })).toBe(digests[0]);
  });
});
