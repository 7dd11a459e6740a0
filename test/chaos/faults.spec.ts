import { resolve } from 'node:path';
import { Arena } from './arena.js';
import { clientFaults } from './client-faults.js';
import { FaultTable } from './fault-table.js';
import { unitFaults } from './unit-faults.js';

jest.setTimeout(60_000);

const faulty = (name: string, ...mode: string[]) => ({
  name,
  kind: 'mcp',
  command: process.execPath,
  args: [resolve('test/fixtures/faulty-unit.mjs'), ...mode],
});

const config = {
  units: [
    { name: 'echo', kind: 'echo' },
    faulty('faulty'),
    faulty('exits', 'exit'),
    faulty('mute', 'mute'),
    faulty('late', 'late', '1500'),
    { name: 'missing', kind: 'mcp', command: 'no-such-command' },
  ],
  units_start_timeout: 3_000,
  limits: { headers_timeout: 1_000, request_timeout: 2_000 },
};

describe('faults', () => {
  const table = new FaultTable();
  const arena = new Arena(config, table);

  describe('of units', () => unitFaults(arena));
  describe('of clients', () => clientFaults(arena));

  it('are documented as they are tested', () => table.check());
});
