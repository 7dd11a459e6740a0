import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { LEGACY_VERSIONS } from '../../kernel/mcp-versions.js';
import { asObject, ClientProfile, profileOf } from './client-profile.js';

/** @param params JSON text */
const profile = (params: string): ClientProfile =>
  profileOf(JsonRpcMessage.parse(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":${params}}`));
/** @param given JSON text of the capabilities */
const capabilities = (given: string): object =>
  profile(`{"protocolVersion":"2025-11-25","capabilities":${given}}`).capabilities;

describe('profileOf', () => {
  it.each(LEGACY_VERSIONS)('has the version %s that the client asked for', version => {
    expect(profile(`{"protocolVersion":"${version}"}`).protocolVersion).toBe(version);
  });

  it.each(['"1999-01-01"', '""', '7', 'null', '{}', '["2024-11-05","x"]', '"__proto__"', '" 2024-11-05"'])(
    'has the latest version where the client asked for %s',
    version => expect(profile(`{"protocolVersion":${version}}`).protocolVersion).toBe(LEGACY_VERSIONS[0]),
  );

  it('keeps what MCP defines, and of that what a unit may go by', () => {
    expect(
      capabilities(`{
        "elicitation": { "url": {}, "form": { "applyDefaults": true }, "x": {} },
        "sampling": { "tools": {}, "context": true },
        "roots": { "listChanged": true, "x": 1 },
        "experimental": { "a": {} }, "tasks": {}, "extensions": {}
      }`),
    ).toEqual({
      roots: { listChanged: true },
      sampling: { context: true, tools: {} },
      elicitation: { form: {}, url: {} },
    });
  });

  it('has none of what the client does not have', () => {
    expect(capabilities('{"roots":{"listChanged":false},"sampling":{}}')).toEqual({ roots: {}, sampling: {} });
  });

  it.each(['null', '[]', '7', '"roots"', '{}', '{"__proto__":{"roots":{}}}', '{"constructor":{"roots":{}}}'])(
    'has no capabilities where the client gave %s',
    given => expect(capabilities(given)).toEqual({}),
  );

  it('takes a capability that is no object for one without members', () => {
    expect(capabilities('{"roots":[],"sampling":"tools","elicitation":{"__proto__":{"url":{}}}}')).toEqual({
      roots: {},
      sampling: {},
      elicitation: {},
    });
  });

  it('has one key for one profile, in whatever order and with whatever beside it', () => {
    const one = profile(
      '{"protocolVersion":"2025-06-18","capabilities":{"roots":{},"sampling":{"tools":{},"context":{}}}}',
    );
    const same = profile(
      '{"clientInfo":{"name":"x"},"capabilities":{"x":{},"sampling":{"y":1,"context":{},"tools":{}},"roots":{"z":{}}},"protocolVersion":"2025-06-18"}',
    );
    expect(same).toEqual(one);
  });

  it('has other keys for other profiles', () => {
    const keys = [
      '{}',
      '{"roots":{}}',
      '{"roots":{"listChanged":true}}',
      '{"sampling":{}}',
      '{"elicitation":{"url":{}}}',
    ].flatMap(given =>
      ['2025-11-25', '2024-11-05'].map(
        version => profile(`{"protocolVersion":"${version}","capabilities":${given}}`).key,
      ),
    );
    expect(new Set(keys).size).toBe(10);
  });

  it('has few keys for all that clients may make up', () => {
    const keys = Array.from(
      { length: 10_000 },
      (_, i) =>
        profile(`{"protocolVersion":"v${i}","capabilities":{"c${i}":{},"roots":{"m${i}":{},"listChanged":${i}}}}`).key,
    );
    expect(new Set(keys).size).toBe(1);
  });
});

describe('asObject', () => {
  it.each([undefined, null, 7, '', 'text', true, [], [{ a: 1 }]])('makes an empty one of %j', value =>
    expect(asObject(value)).toEqual({}),
  );

  it('leaves objects as they are', () => {
    const value = { a: 1 };
    expect(asObject(value)).toBe(value);
  });
});
