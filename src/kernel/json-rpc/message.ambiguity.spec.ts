import { JsonRpcMessage } from './message.js';

/** @param params JSON text */
const judge =
  (params: string): (() => void) =>
  () =>
    JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`).assertUnambiguous();

describe('JsonRpcMessage.assertUnambiguous', () => {
  it.each([
    '{"name":"a","name":"b"}',
    '{"name":"a","name":"a"}',
    '{"name":"a","arguments":{},"n\\u0061me":"b"}',
    '{ "name" : "a" , "x":"\\"},{", "name" : null }',
    '{"uri":"x://1","uri":"x://2"}',
    '{"taskId":"1","taskId":"2"}',
    '{"ref":{"name":"a"},"ref":{"name":"b"}}',
    '{"ref":null,"ref":{"name":"b"}}',
    '{"ref":{"type":"ref/prompt","name":"a","name":"b"}}',
    '{"ref":{"type":"ref/resource","uri":"a","\\u0075ri":"b"}}',
    '{"_meta":{"progressToken":1},"_meta":{"progressToken":2}}',
    '{"_meta":{},"_meta":{"progressToken":2}}',
    '{"_meta":{"progressToken":1,"progressToken":2}}',
  ])('refuses %s', params => {
    expect(judge(params)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('says what stands there twice', () => {
    expect(judge('{"_meta":{"progressToken":1,"progressToken":2}}')).toThrow(/"progressToken"/);
  });

  it.each([
    '{}',
    '[]',
    '["name",1,"name",2]',
    '{"name":"a","uri":"b","taskId":"c","ref":{"name":"d","uri":"e"},"_meta":{"progressToken":1,"name":"f"}}',
    '{"name":"a","arguments":{"name":"a","name":"b","_meta":{},"_meta":{}}}',
    '{"name":"name","x":["name",{"name":1}]}',
    '{"ref":["name",1,"name",2],"_meta":["progressToken",1,"progressToken",2]}',
    '{"ref":{"nested":{"name":"a","name":"b"}},"_meta":{"x":{"progressToken":1,"progressToken":2}}}',
    '{"Name":"a","name":"b"}',
    '{"x":1,"x":2}',
  ])('takes %s', params => expect(judge(params)).not.toThrow());

  it('takes what has no params', () => {
    expect(() => JsonRpcMessage.parse(' {"jsonrpc":"2.0","id":1,"method":"ping"}').assertUnambiguous()).not.toThrow();
  });
});
