import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { CHANGES, entriesOf, isListMethod, LIST_METHODS, Listed, ListMethod, renamed } from './list-methods.js';

const answer = (result: string): JsonRpcMessage => JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"result":${result}}`);
const tools = (...entries: string[]): Listed[] => entriesOf(answer(`{"tools":[${entries.join(',')}]}`), 'tools/list');
const keys = (listed: readonly Listed[]): string[] => listed.map(({ key }) => key);
const listed = (text: string): Listed => ({ text, key: String((JSON.parse(text) as { name?: unknown }).name) });

describe('entriesOf', () => {
  it.each<[ListMethod, string, string]>([
    ['tools/list', 'tools', 'name'],
    ['prompts/list', 'prompts', 'name'],
    ['resources/list', 'resources', 'uri'],
    ['resources/templates/list', 'resourceTemplates', 'uriTemplate'],
  ])('of %s are those of `%s`, known by their `%s`', (method, member, key) => {
    const entry = `{"${key}":"one","title":"One"}`;
    const decoys = LIST_METHODS.filter(other => other !== method).map((_, i) => `"other${i}":[${entry}]`);
    const found = entriesOf(answer(`{${decoys.join(',')},"${member}":[${entry}]}`), method);
    expect(found).toEqual([{ text: entry, key: 'one' }]);
  });

  it('keeps their text, whatever is in it', () => {
    const texts = [
      '{ "name" : "big" , "x":12345678901234567890,"y":1.0,"z":1e400 }',
      '{"name":"unknown","x-of-2030":{"a":[null,{}]},"description":"a\\"}]{["}',
      '{"name":"proto","__proto__":{"name":"no"},"constructor":1}',
    ];
    expect(tools(...texts).map(({ text }) => text)).toEqual(texts);
  });

  it('reads names as JSON has them', () => {
    expect(
      keys(tools('{"name":"\\u0061\\ud83d\\ude00"}', '{"n\\u0061me":"b"}', '{"name":"one","name":"two"}')),
    ).toEqual(['a\u{1f600}', 'b', 'two']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'x'.repeat(200)])('takes %s for a name like any other', name => {
    expect(keys(tools(`{"name":"${name}"}`))).toEqual([name]);
  });

  it('leaves out what has no name', () => {
    const nameless = ['{}', '{"name":""}', '{"name":7}', '{"name":null}', '{"name":["a"]}', '{"name":{"toString":1}}'];
    const inherited = '{"__proto__":{"name":"a"}}';
    expect(keys(tools(...nameless, inherited, '{"name":"last"}'))).toEqual(['last']);
  });

  it('leaves out what is no object', () => {
    expect(keys(tools('null', '7', '"name"', 'true', '[]', '[{"name":"a"}]', '{"name":"last"}'))).toEqual(['last']);
  });

  it.each([
    '{}',
    '[]',
    '{"tools":null}',
    '{"tools":{}}',
    '{"tools":{"0":{"name":"a"},"length":1}}',
    '{"tools":"[{\\"name\\":\\"a\\"}]"}',
    '[{"tools":[{"name":"a"}]}]',
    '{"nested":{"tools":[{"name":"a"}]}}',
    '{"tools":[ ]}',
    '{"tools":[{"name":"a"}],"tools":[]}',
  ])('finds none in %s', result => expect(entriesOf(answer(result), 'tools/list')).toEqual([]));

  it('finds none in an error', () => {
    const error = '{"code":1,"message":"m","data":{"result":{"tools":[{"name":"a"}]}}}';
    expect(entriesOf(JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"error":${error}}`), 'tools/list')).toEqual([]);
  });

  it('takes 10,000, in their order', () => {
    const found = tools(...Array.from({ length: 10_000 }, (_, i) => `{"name":"tool-${i}"}`));
    expect(found).toHaveLength(10_000);
    expect(found[9_999]).toEqual({ text: '{"name":"tool-9999"}', key: 'tool-9999' });
  });
});

describe('renamed', () => {
  it('changes the name and nothing else', () => {
    const text = '{ "x":12345678901234567890, "name" : "a", "inputSchema":{"properties":{"name":{"name":"a"}}} }';
    expect(renamed(listed(text), 'u__a')).toBe(text.replace('"name" : "a"', '"name" : "u__a"'));
  });

  it('changes a name that is spelt with escapes', () => {
    expect(renamed(listed('{"n\\u0061me":"\\u0061"}'), 'b')).toBe('{"n\\u0061me":"b"}');
  });

  it('of repeated names changes the one that counts', () => {
    expect(renamed(listed('{"name":"a","name":"b"}'), 'u__b')).toBe('{"name":"a","name":"u__b"}');
  });

  it.each(['"', '\\', 'a"}],"tools":[', '\n', '\u2028', '\ud83d', '$&', '__proto__'])(
    'puts %j where JSON has it',
    name => {
      expect(JSON.parse(renamed(listed('{"name":"a","x":1}'), name))).toEqual({ name, x: 1 });
    },
  );
});

describe('the methods', () => {
  it('are the four lists of MCP', () => {
    expect(LIST_METHODS.every(isListMethod)).toBe(true);
    for (const other of ['tools/call', 'tasks/list', 'tools/lists', '']) expect(isListMethod(other)).toBe(false);
  });

  it.each(['constructor', 'toString', '__proto__'])('are not %s, which objects have', method => {
    expect(isListMethod(method)).toBe(false);
  });

  it.each(['constructor', 'toString', '__proto__'])('do not change with %s, which objects have', method => {
    expect(CHANGES.get(method)).toBeUndefined();
  });

  it('all have a notification of their change', () => {
    expect([...CHANGES.values()].flat().sort()).toEqual([...LIST_METHODS].sort());
  });
});
