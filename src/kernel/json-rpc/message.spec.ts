import { GatewayError } from '../errors.js';
import { JsonRpcMessage } from './message.js';

const code = (text: string): string => {
  try {
    JsonRpcMessage.parse(text);
    return 'accepted';
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
};

describe('JsonRpcMessage', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"ping"}', 'request', '1'],
    ['{"jsonrpc":"2.0","id":"a","method":"ping","params":{}}', 'request', '"a"'],
    ['{"jsonrpc":"2.0","method":"notifications/initialized"}', 'notification', ''],
    ['{"jsonrpc":"2.0","id":1,"result":{}}', 'response', '1'],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}', 'response', '1'],
    ['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}', 'response', ''],
    ['{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}', 'response', ''],
    [' \n {"method":"x","jsonrpc":"2.0" , "id" : 12345678901234567890 } ', 'request', '12345678901234567890'],
  ])('reads %s', (text, kind, id) => {
    const frame = JsonRpcMessage.parse(text);
    expect([frame.kind, frame.id === 'null' ? '' : frame.id]).toEqual([kind, id]);
  });

  it.each([
    ['', 'parse_error'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping"', 'parse_error'],
    ['\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}', 'parse_error'],
    ['[]', 'invalid_request'],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 'invalid_request'],
    ['null', 'invalid_request'],
    ['7', 'invalid_request'],
    ['{}', 'invalid_request'],
    ['{"id":1,"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","ID":1,"Method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1e400,"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1,"method":7}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":7}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', 'invalid_request'],
    ['{"jsonrpc":"2.0","result":{}}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1,"\\u0069d":2,"method":"ping"}', 'invalid_request'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 'invalid_request'],
  ])('refuses %s', (text, expected) => expect(code(text)).toBe(expected));

  it('puts other ids and tokens in place and leaves every other byte as it was', () => {
    const text =
      '{ "params":{"n":12345678901234567890,"f":1.0,"__proto__":{"x":1},"s":"a\\"}{b","_meta":{"progressToken":"t","other":[1,{"progressToken":9}]}},"x":null,"id":"old","method":"m","jsonrpc":"2.0" }';
    const expected = text.replace('"progressToken":"t"', '"progressToken":7').replace('"id":"old"', '"id":7');
    expect(JsonRpcMessage.parse(text).rewrite({ id: '7', requestToken: '7' }).text).toBe(expected);
  });

  it('rewrites what notifications refer to', () => {
    const progress = JsonRpcMessage.parse(
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":0.50,"progressToken":7}}',
    );
    expect(progress.read('progressToken')).toBe('7');
    expect(progress.rewrite({ progressToken: '"mine"' }).text).toContain('"progress":0.50,"progressToken":"mine"}');
    const cancelled = JsonRpcMessage.parse(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}',
    );
    expect(cancelled.rewrite({ requestId: '3' }).text).toContain('{"requestId":3}');
  });

  describe('names', () => {
    /** @param params JSON text */
    const call = (params: string, method = 'tools/call'): JsonRpcMessage =>
      JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`);
    const body = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;

    it('are replaced where they stand, and nowhere else', () => {
      const params = '{ "arguments":{"name":"a","n":12345678901234567890}, "name" : "a", "_meta":{"name":"a"} }';
      expect(call(params).rewrite({ name: '"b"' }).text).toBe(body(params.replace('"name" : "a"', '"name" : "b"')));
    });

    it('are replaced together with ids and tokens', () => {
      const outgoing = call('{"name":"u__a","_meta":{"progressToken":"t"}}').rewrite({
        id: '7',
        requestToken: '7',
        name: '"a"',
      });
      expect(outgoing.text).toBe(
        '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","_meta":{"progressToken":7}}}',
      );
    });

    it('that are repeated give way where the last one stands, which is the one that is read', () => {
      const frame = call('{"name":"a","name":"b"}');
      expect(frame.params.name).toBe('b');
      expect(frame.rewrite({ name: '"c"' }).text).toBe(body('{"name":"a","name":"c"}'));
    });

    it('are found however they are spelt', () => {
      const frame = call('{"n\\u0061me":"\\u0061\\"}{","x":{"name":1}}');
      expect(frame.params.name).toBe('a"}{');
      expect(frame.rewrite({ name: '"b"' }).text).toBe(body('{"n\\u0061me":"b","x":{"name":1}}'));
    });

    it.each(['"', '\\', '\n', '\u2028', '\ud83d', '"},"id":2,"x":{"', '$&', 'x'.repeat(200), '__proto__'])(
      'may be anything: %j',
      name => {
        const { text } = call('{"name":"a","arguments":{}}').rewrite({ name: JSON.stringify(name) });
        expect(JSON.parse(text)).toEqual({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name, arguments: {} },
        });
        expect(text).not.toContain('\n');
      },
    );

    it.each(['{}', '[]', '["name"]', '{"Name":"a"}', '{"arguments":{"name":"a"}}', '{"__proto__":{"name":"a"}}'])(
      'that are not there are not put into %s',
      params => expect(call(params).rewrite({ name: '"b"', refName: '"c"' }).text).toBe(body(params)),
    );

    it('of what is to be completed are those of the reference', () => {
      const params = '{"name":"a","argument":{"name":"a"},"ref":{"ref":{"name":"a"},"type":"ref/prompt","name":"a"}}';
      const expected = '{"name":"a","argument":{"name":"a"},"ref":{"ref":{"name":"a"},"type":"ref/prompt","name":"b"}}';
      expect(call(params).rewrite({ refName: '"b"' }).text).toBe(body(expected));
    });

    it('of a repeated reference are those of the last one', () => {
      const frame = call('{"ref":{"name":"a"},"ref":{"name":"b","name":"c"}}');
      expect(frame.rewrite({ refName: '"d"' }).text).toBe(body('{"ref":{"name":"a"},"ref":{"name":"b","name":"d"}}'));
    });

    it.each(['null', '7', '"name"', '["name"]', '{}'])('are not put into a reference that is %s', ref => {
      expect(call(`{"ref":${ref}}`).rewrite({ refName: '"b"' }).text).toBe(body(`{"ref":${ref}}`));
    });

    it('cannot be smuggled in behind params that stand there twice', () => {
      expect(code(`{"jsonrpc":"2.0","id":1,"method":"m","params":{"name":"a"},"params":{"name":"b"}}`)).toBe(
        'invalid_request',
      );
    });
  });

  it('gives an error without id, or with null, the id it is told', () => {
    for (const id of ['', '"id":null,']) {
      const frame = JsonRpcMessage.parse(`{${id}"jsonrpc":"2.0","error":{"code":1,"message":"m","data":1.0}}`);
      expect(frame.rewrite({ id: '7' }).text).toBe(
        '{"id":7,"jsonrpc":"2.0","error":{"code":1,"message":"m","data":1.0}}',
      );
    }
  });

  it('can be rewritten again', () => {
    const frame = JsonRpcMessage.parse('{"result":{},"id":1,"jsonrpc":"2.0"}')
      .rewrite({ id: '"longer"' })
      .rewrite({ id: '2' });
    expect(frame.text).toBe('{"result":{},"id":2,"jsonrpc":"2.0"}');
  });

  it('takes the last of repeated inner names, as JSON.parse does', () => {
    const text = '{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"progressToken":1,"progressToken":2}}}';
    expect(JsonRpcMessage.parse(text).read('requestToken')).toBe('2');
    expect(JsonRpcMessage.parse(text).rewrite({ requestToken: '9' }).text).toContain(
      '{"progressToken":1,"progressToken":9}',
    );
  });

  it('knows an id by one spelling', () => {
    expect(JsonRpcMessage.parse('{"jsonrpc":"2.0","id":"\\u0061","method":"m"}').id).toBe('"a"');
  });

  it('has no progress token where there is none, or where it is no string or number', () => {
    for (const params of ['{}', '{"_meta":null}', '{"_meta":[]}', '{"_meta":{"progressToken":{}}}', '[1]']) {
      expect(
        JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":1,"method":"m","params":${params}}`).read('requestToken'),
      ).toBeUndefined();
    }
  });

  it('is one line, whatever white space it came with', () => {
    const pretty = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'm', params: { text: 'a\nb' } }, null, 2);
    const frame = JsonRpcMessage.parse(pretty.replaceAll('\n', '\r\n'));
    expect(frame.text).not.toMatch(/[\r\n]/);
    expect(JSON.parse(frame.text)).toEqual(JSON.parse(pretty));
  });

  it('splits a batch into its messages', () => {
    const frames = JsonRpcMessage.decode('[ {"jsonrpc":"2.0","id":1,"method":"a"} , {"jsonrpc":"2.0","method":"b"} ]');
    expect(frames.batch).toBe(true);
    expect(frames.map(frame => [frame.kind, frame.method, frame.text.length])).toEqual([
      ['request', 'a', 37],
      ['notification', 'b', 30],
    ]);
  });

  it('survives nesting as deep as a body can hold', () => {
    const depth = 500_000;
    const deep = `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    expect(['accepted', 'parse_error']).toContain(code(deep));
  });

  it('makes errors with the code of JSON-RPC and the body that errors have everywhere', () => {
    const frame = JsonRpcMessage.error('"a"', new GatewayError('draining', undefined, 1_000));
    expect(JSON.parse(frame.text)).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      error: {
        code: -32053,
        message: expect.stringContaining('draining'),
        data: { error: 'draining', reason: 'draining', message: expect.any(String), retry_after: 1_000 },
      },
    });
  });
});
