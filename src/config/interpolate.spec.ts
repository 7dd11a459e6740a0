import { interpolate } from './interpolate.js';

const env = { NAME: 'value', EMPTY: '', HOME: '/home/me' };
const expand = (text: string) => interpolate({ units: [{ command: text }] }, env);

describe('interpolate', () => {
  it.each([
    ['${NAME}', 'value'],
    ['a${NAME}b${HOME}', 'avalueb/home/me'],
    ['${env:NAME}', 'value'],
    ['${UNSET:-other}', 'other'],
    ['${UNSET:-}', ''],
    ['${UNSET:-http://x:1/}', 'http://x:1/'],
    ['${NAME:-other}', 'value'],
    ['${EMPTY}', ''],
    ['${EMPTY:-other}', 'other'],
    ['$${NAME}', '${NAME}'],
    ['$NAME ${#x} ${input:x} $', '$NAME ${#x} ${input:x} $'],
  ])('makes %s into %s', (text, expected) => {
    expect(expand(text)).toEqual({ value: { units: [{ command: expected }] }, issues: [] });
  });

  it('does not expand what it has put in', () => {
    expect(interpolate({ units: [{ command: '${A}' }] }, { A: '${B}', B: 'x' }).value).toEqual({
      units: [{ command: '${B}' }],
    });
  });

  it('reaches the fields that name what to run and where, and no others', () => {
    const unit = (text: string) => ({
      ...{ command: text, args: [text, 5], env: { A: text }, cwd: text, url: text, headers: { H: text } },
      urls: [text, { url: text, weight: 2 }],
    });
    const input = {
      host: '${NAME}',
      units: [{ name: '${NAME}', ...unit('${NAME}') }, 'odd'],
      mcpServers: { '${NAME}': unit('${NAME}'), off: { disabled: true, command: '${UNSET}' } },
    };
    expect(interpolate(input, env)).toEqual({
      value: {
        host: '${NAME}',
        units: [{ name: '${NAME}', ...unit('value') }, 'odd'],
        mcpServers: { '${NAME}': unit('value'), off: { disabled: true, command: '${UNSET}' } },
      },
      issues: [],
    });
  });

  it('goes no deeper than a field can be, as what contains itself has no end', () => {
    const urls: unknown[] = ['${NAME}', { url: '${NAME}', deep: ['${NAME}'] }];
    urls.push(urls);
    const { value } = interpolate({ units: [{ urls }] }, env);
    const [first, second] = (value as { units: { urls: unknown[] }[] }).units[0]!.urls;
    expect([first, second]).toEqual(['value', { url: 'value', deep: ['${NAME}'] }]);
  });

  it.each([
    [{ units: [{ args: ['-x', '${UNSET}'] }] }, 'units[0].args[1]'],
    [{ mcpServers: { github: { headers: { 'X-Key': 'Bearer ${UNSET}' } } } }, 'mcpServers.github.headers.X-Key'],
  ])('names path and variable when it is not set: %j', (input, path) => {
    const message = 'the variable UNSET is not set; allowed: variable that is set, or ${UNSET:-default}';
    expect(interpolate(input, env).issues).toMatchObject([{ path, message }]);
  });
});
