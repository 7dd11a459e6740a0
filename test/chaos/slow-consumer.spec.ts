import { runScript } from '../support/command.js';

/** A client that stops reading costs neither the gateway its memory nor the others their time, and itself nothing. */
describe('a client that does not read for a while', () => {
  it.each(['acking-websocket', 'positional', 'silent-phoenix'])(
    'gets everything afterwards, and nobody else notices: %s',
    async kind => {
      const args = ['--kind', kind, '--pause', '8', '--mib', '20'];
      const { code, output } = await runScript('test/checker/slow-consumer.mjs', args);
      expect(`exit code ${code}\n${output}`).toMatch(/^exit code 0\n/);
    },
  );
});
