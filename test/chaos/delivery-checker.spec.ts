import { runScript } from '../support/command.js';

/**
 * Clients in processes of their own that come and go in every way there is, and whether each gets everything, once, in
 * order: test/checker/README.md. Another seed each time; it is the first line of the output.
 */
describe('the promise of delivery', () => {
  async function check(...size: string[]): Promise<void> {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { code, output } = await runScript('test/checker/main.mjs', ['--seed', String(seed), ...size]);
    // The seed and what was seen are part of a failure.
    expect(`exit code ${code}\n${output}`).toMatch(/^exit code 0\n/);
    process.stdout.write(output);
  }

  it('is kept for more than 100,000 messages to clients that come and go', () =>
    check('--messages', '100500', '--clients', '40', '--seconds', '20'));

  it('is kept for clients that acknowledge, where nothing is kept beyond that', () =>
    check('--messages', '15000', '--clients', '20', '--seconds', '5', '--tight', '1'));
});
