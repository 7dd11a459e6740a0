import { nearest } from './nearest.js';

describe('nearest', () => {
  it.each([
    ['prot', ['port', 'max_connections'], 'port'],
    ['maxConnections', ['port', 'max_connections'], 'max_connections'],
    ['servers', ['units', 'mcpServers'], 'mcpServers'],
    ['Port', ['port'], 'port'],
    ['colour', ['port', 'max_connections'], undefined],
    ['x', ['port'], undefined],
  ])('of %s in %j is %s', (given, known, expected) => {
    expect(nearest(given, known)).toBe(expected);
  });
});
