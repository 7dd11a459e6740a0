import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runScript } from '../support/command.js';
import { GATEWAY_MUTATIONS } from './gateway-mutations.mjs';

/** The checker itself, on the stand-in: whether it lets pass what is right and sees what is broken. */
describe('the delivery checker', () => {
  const SIZE = ['--messages', '8000', '--clients', '20', '--seconds', '4'];

  it('lets what is right pass, and says its seed first', async () => {
    const args = ['--main', 'test/checker/stand-in/main.mjs', '--seed', '7', ...SIZE];
    const { code, output } = await runScript('test/checker/main.mjs', args);
    expect(`exit code ${code}\n${output}`).toMatch(/^exit code 0\nseed 7\n/);
    expect(output).toContain('no violations');
  });

  it.each([
    ['ack trims one too many', '(hole|error)'],
    ['queue is a stack', 'order'],
    ['published ids are not remembered', '(twice|publish)'],
  ])('sees that %s', async (mutation, rule) => {
    const args = ['--of', 'stand-in', '--only', mutation, '--unbroken', '0', ...SIZE];
    const { code, output } = await runScript('test/checker/mutations.mjs', args);
    expect(`exit code ${code}\n${output}`).toMatch(/^exit code 0\n/);
    expect(output).toMatch(new RegExp(`${mutation} .*\\| +caught .* ${rule}: `));
  });

  it.each(GATEWAY_MUTATIONS)('has something to break in the gateway: $name', async ({ file, find }) => {
    const text = await readFile(join('dist', file), 'utf8');
    expect(text.split(find)).toHaveLength(2);
  });

  it('refuses a mutation that fits nowhere', async () => {
    const { code, output } = await runScript('test/checker/mutations.mjs', ['--of', 'nowhere']);
    expect({ code, output }).toEqual({ code: 1, output: '--of: gateway or stand-in, not nowhere\n' });
  });
});
