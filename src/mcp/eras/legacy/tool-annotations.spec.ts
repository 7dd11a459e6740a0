import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';
import { ToolAnnotations } from './tool-annotations.js';

/** @param tools JSON text of each */
const list = (...tools: string[]): JsonRpcMessage =>
  JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools.join(',')}]}}`);
const readOnly = (name: string): string => `{"name":${JSON.stringify(name)},"annotations":{"readOnlyHint":true}}`;
const request = (method: string, params: object = {}): JsonRpcMessage => JsonRpcMessage.of({ id: 1, method, params });

describe('ToolAnnotations', () => {
  let hints: ToolAnnotations;
  beforeEach(() => {
    hints = new ToolAnnotations();
  });

  const safe = (name: unknown): boolean => hints.safe(request('tools/call', { name }));

  it.each(['ping', 'tools/list', 'prompts/get', 'resources/read', 'resources/templates/list', 'completion/complete'])(
    'takes %s for safe, whatever tools there are',
    method => expect(hints.safe(request(method))).toBe(true),
  );

  it.each(['resources/subscribe', 'logging/setLevel', 'tasks/cancel', 'initialize', 'constructor', '__proto__', ''])(
    'does not take %j for safe',
    method => {
      hints.learn(list(readOnly(method)));
      expect(hints.safe(request(method, { name: method }))).toBe(false);
    },
  );

  it('believes that a tool reads only, or may be called again', () => {
    hints.learn(list(readOnly('read'), '{"name":"put","annotations":{"idempotentHint":true}}', '{"name":"post"}'));
    expect(['read', 'put', 'post', 'unheard of'].map(safe)).toEqual([true, true, false, false]);
  });

  it.each([
    '{}',
    'null',
    '7',
    '"readOnlyHint"',
    '[]',
    '{"readOnlyHint":"true"}',
    '{"readOnlyHint":1}',
    '{"idempotentHint":{}}',
    '{"destructiveHint":false}',
    '{"__proto__":{"readOnlyHint":true}}',
  ])('takes annotations of %s for no hint', annotations => {
    hints.learn(list(`{"name":"a","annotations":${annotations}}`, readOnly('b')));
    expect([safe('a'), safe('b')]).toEqual([false, true]);
  });

  it('forgets what the unit does not say any more', () => {
    hints.learn(list(readOnly('a'), readOnly('b')));
    hints.learn(list('{"name":"a"}'));
    expect([safe('a'), safe('b')]).toEqual([false, true]);
  });

  it('goes by the last of what a list says twice', () => {
    hints.learn(list(readOnly('a'), '{"name":"a"}'));
    expect(safe('a')).toBe(false);
  });

  it('knows no tool that nobody named', () => {
    hints.learn(list('{"annotations":{"readOnlyHint":true}}', '{"name":7,"annotations":{"readOnlyHint":true}}'));
    expect([undefined, 7, '7', 'undefined', null, '__proto__', 'constructor'].map(safe)).toEqual(Array(7).fill(false));
    expect(hints.safe(request('tools/call'))).toBe(false);
  });

  it('knows tools by names that objects have, too', () => {
    hints.learn(list(readOnly('__proto__'), readOnly('toString')));
    expect(['__proto__', 'toString', 'constructor'].map(safe)).toEqual([true, true, false]);
  });

  it.each(['{"tools":null}', '{"tools":{"0":{}}}', '{}', '[]', '{"tools":"a"}'])('learns nothing of %s', result => {
    hints.learn(list(readOnly('a')));
    hints.learn(JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"result":${result}}`));
    hints.learn(JsonRpcMessage.parse('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}'));
    expect(safe('a')).toBe(true);
  });

  it('remembers 10,000 tools and treats the rest with care, until there is room', () => {
    hints.learn(list(...Array.from({ length: 10_001 }, (_, i) => readOnly(`tool-${i}`))));
    expect(['tool-0', 'tool-9999', 'tool-10000'].map(safe)).toEqual([true, true, false]);
    hints.learn(list('{"name":"tool-0"}', readOnly('tool-10000')));
    expect(['tool-0', 'tool-10000'].map(safe)).toEqual([false, true]);
  });

  it.each(['7', '"a"', 'true', '[]', '{}'])('reads on behind an entry that is %s', entry => {
    hints.learn(list(entry, readOnly('a')));
    expect(safe('a')).toBe(true);
  });

  it('reads on behind an entry that is null', () => {
    hints.learn(list('null', readOnly('a')));
    expect(safe('a')).toBe(true);
  });

  it('does not take a name that is no text for one, and survives it', () => {
    hints.learn(list(readOnly('read')));
    expect([['read'], { toString: 1, valueOf: 1 }].map(safe)).toEqual([false, false]);
  });
});
