import type { Api } from './api.js';
import { COMMANDS } from './commands/index.js';
import { completed, sought } from './completion.js';

describe('completion', () => {
  it.each([
    [['client', ''], 'clients'],
    [['limit', 'a'], 'clients'],
    [['limit', 'ann', ''], undefined],
    [['ring', ''], 'units'],
    [['circuits', 'open', ''], 'circuits'],
    [['levers', 'set', 'drained', ''], 'targets'],
    [['levers', 'set', ''], undefined],
    [['circuits', ''], undefined],
    [['cli'], undefined],
    [[], undefined],
  ])('of %j seeks %s', (words, what) => expect(sought(words, COMMANDS)).toBe(what));

  const apiWith = (names: string[], fail = false): Api => {
    const get = (): Promise<unknown> =>
      fail ? Promise.reject(new Error('no')) : Promise.resolve({ clients: names.map(client_id => ({ client_id })) });
    const api = { get, within: () => api } as unknown as Api;
    return api;
  };

  it('offers what begins with what is typed, and nothing that a shell would run', async () => {
    const names = [
      'ann',
      'anna',
      'bob',
      'an;reboot',
      'an$(reboot)',
      'an`reboot`',
      'an d',
      "an'",
      'an\x1b[2J',
      '-an',
      'an|x',
      'an*',
    ];
    expect(await completed(['client', 'an'], COMMANDS, apiWith(names))).toEqual(['ann', 'anna']);
    expect(await completed(['client', ''], COMMANDS, apiWith(names))).toEqual(['ann', 'anna', 'bob']);
  });

  it('offers nothing where the gateway does not answer', async () => {
    expect(await completed(['client', ''], COMMANDS, apiWith([], true))).toEqual([]);
  });
});
