import fc from 'fast-check';
import { GatewayError } from '../../kernel/errors.js';
import { mergeJoinRequest, readJoinRequest } from './join-request.js';

const MANY = Array.from({ length: 65 }, (_, i) => `t${i}`);

function refusal(params: Record<string, unknown>): GatewayError {
  try {
    readJoinRequest(params);
  } catch (thrown) {
    return thrown as GatewayError;
  }
  throw new Error('It was taken.');
}

describe('readJoinRequest', () => {
  it('reads every parameter as JSON', () => {
    const params = {
      client_id: 'c1',
      token: 't',
      resume_token: 'r',
      epoch: 'e',
      last: 7,
      acks: true,
      topics: ['a', 'b,c'],
      room: 'd',
      role: 'operator',
      scopes: ['publish'],
      transport: 'websocket',
      session: 'new',
      debug: false,
      terminal_type: 'xterm',
      window_size: [80, 24],
      capabilities: ['images'],
      unknown: 1,
    };
    expect(readJoinRequest(params)).toEqual({
      clientId: 'c1',
      token: 't',
      resumeToken: 'r',
      epoch: 'e',
      last: 7,
      acks: true,
      topics: ['a', 'b,c', 'd'],
      role: 'operator',
      scopes: ['publish'],
      transport: 'websocket',
      session: 'new',
      debug: false,
      terminalType: 'xterm',
      windowSize: [80, 24],
      capabilities: ['images'],
    });
  });

  it('reads query strings', () => {
    const query = new URLSearchParams('client_id=c1&last=7&acks=true&topics=a,%20b,&room=123&window_size=80x24&token=');
    expect(readJoinRequest(Object.fromEntries(query))).toEqual({
      clientId: 'c1',
      last: 7,
      acks: true,
      topics: ['a', 'b', '123'],
      windowSize: [80, 24],
    });
  });

  it.each([
    [{ 'topics[0]': 'a', 'topics[1]': 'b' }],
    [{ 'topics[]': ['a', 'b'] }],
    [{ topics: { 0: 'a', 1: 'b' } }],
    [{ topics: '["a","b"]' }],
    [{ topics: 'a,b,a' }],
    [{ topics: 'a', room: 'b' }],
  ])('reads a list from %j', params => expect(readJoinRequest(params)).toEqual({ topics: ['a', 'b'] }));

  it.each([
    [{ window_size: '80,24' }],
    [{ window_size: '[80,24]' }],
    [{ window_size: ['80', '24'] }],
    [{ window_size: { columns: 80, rows: 24 } }],
    [{ 'window_size[0]': '80', 'window_size[1]': '24' }],
  ])('reads a window size from %j', params => expect(readJoinRequest(params)).toEqual({ windowSize: [80, 24] }));

  it('takes null and nothing as not said, and a bracket as part of a name', () => {
    expect(readJoinRequest({ client_id: null, last: '', acks: null, topics: '', role: '' })).toEqual({});
    expect(readJoinRequest({ topics: '[a' })).toEqual({ topics: ['[a'] });
    expect(readJoinRequest(JSON.parse('{"__proto__":{"client_id":"x"}}') as Record<string, unknown>)).toEqual({});
  });

  it.each([
    ['token', 7],
    ['token', 'a\nb'],
    ['resume_token', {}],
    ['epoch', 'x'.repeat(129)],
    ['last', -2],
    ['last', 1.5],
    ['last', '1e3'],
    ['last', '99999999999999999'],
    ['acks', 'yes'],
    ['topics', 7],
    ['topics', [{}]],
    ['topics', ['']],
    ['topics', { a: 'b' }],
    ['topics', 'x'.repeat(129)],
    ['topics', MANY],
    ['room', [null]],
    ['role', ['a']],
    ['scopes', true],
    ['transport', 'carrier-pigeon'],
    ['session', 'old'],
    ['debug', 2],
    ['terminal_type', 7],
    ['window_size', '80'],
    ['window_size', '80x24x2'],
    ['window_size', [80, -1]],
    ['window_size', [80, 65_536]],
    ['capabilities', 7],
  ])('refuses %s %j and names it', (name, value) => {
    const error = refusal({ [name]: value });
    expect(error.code).toBe('invalid_message');
    expect(error.message).toContain(`"${name}"`);
  });

  it.each([[''], [7], ['a b'], ['ä'], ['x'.repeat(129)], [['a']]])('refuses the client_id %j', client_id => {
    expect(refusal({ client_id }).code).toBe('client_id_required');
  });

  it('throws nothing else, whatever it is given', () => {
    const names = fc.constantFrom(
      'client_id',
      'last',
      'acks',
      'topics',
      'topics[0]',
      'room',
      'window_size',
      'transport',
    );
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(names, fc.string()), fc.oneof(fc.anything(), fc.jsonValue())), params => {
        try {
          readJoinRequest(params);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GatewayError);
        }
      }),
    );
  });
});

describe('mergeJoinRequest', () => {
  it('lets the later override the earlier, and unites topics', () => {
    const merged = mergeJoinRequest(
      { clientId: 'a', role: 'node', epoch: 'e', topics: ['x', 'y'] },
      { clientId: 'b', role: undefined, last: 3, topics: ['y', 'z'] },
    );
    expect(merged).toEqual({ clientId: 'b', role: 'node', epoch: 'e', last: 3, topics: ['x', 'y', 'z'] });
    expect(mergeJoinRequest({}, {})).toEqual({});
  });

  it('keeps no position of another epoch', () => {
    expect(mergeJoinRequest({ epoch: 'e', last: 3 }, { epoch: 'f' })).toEqual({ epoch: 'f' });
    expect(mergeJoinRequest({ epoch: 'e', last: 3 }, { epoch: 'e' })).toEqual({ epoch: 'e', last: 3 });
    expect(mergeJoinRequest({ last: 3 }, { epoch: 'f' })).toEqual({ epoch: 'f', last: 3 });
  });

  it('refuses too many topics together', () => {
    expect(() => mergeJoinRequest({ topics: MANY.slice(0, 40) }, { topics: MANY.slice(30) })).toThrow(GatewayError);
  });
});
