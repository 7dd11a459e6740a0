import { runScript } from '../../support/command.js';

/** Only that it runs and reports: in phases this short, on a machine with other work, figures mean nothing. */
describe('npm run viability', () => {
  it('disturbs a gateway with regulation and one without, and reports both', async () => {
    const args = ['--quick', '--only', 'slow,transports'];
    const { code, output } = await runScript('load/viability.js', args);
    expect(`exit code ${code}\n${output}`).toMatch(/^exit code [01]\n/);
    const rows = output.split('\n').filter(line => line.startsWith('| '));
    const [heading, , slowOff, slowOn, transportsOff, transportsOn] = rows.map(row =>
      row
        .slice(1, -1)
        .split('|')
        .map(cell => cell.trim()),
    );
    expect(heading).toEqual([
      'disturbance',
      'regulation',
      'goodput/s',
      '% of calm',
      'p99 ms',
      'failed',
      'recovered after s',
      'gateway CPU %',
      'judgement',
    ]);
    expect([slowOff, slowOn, transportsOff, transportsOn].map(row => row?.[1])).toEqual(['off', 'on', 'off', 'on']);
    for (const row of [slowOff!, slowOn!, transportsOff!, transportsOn!]) {
      expect(row).toHaveLength(heading!.length);
      // Goodput, its share, p99 and failed calls are numbers whatever happens.
      for (const cell of row.slice(2, 6)) expect(cell).toMatch(/^(≥ )?[\d,.]+$/);
    }
    for (const row of [slowOn!, transportsOn!]) expect(row.at(-1)).toMatch(/^(better|equal within noise|WORSE)/);
  });

  it('refuses what is no scenario', async () => {
    const { code, output } = await runScript('load/viability.js', ['--only', 'nothing']);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(/^--only: calm, slow, .*not nothing\n$/),
    });
  });
});
