import { Stage } from '../../support/rogue.js';
import { Talker } from '../../support/talker.js';
import { until } from '../../support/until.js';

/** A unit whose only tool pings its client, and answers with what came of it. */
const UNIT = `
  const send = message => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  let call;
  require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
    const { id, method, params, result, error } = JSON.parse(line);
    if (method === 'initialize')
      send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'p', version: '1' } } });
    else if (method === 'tools/call') send({ id: 'ping', method: 'ping' }), (call = id);
    else if (method === undefined) send({ id: call, result: { content: [], structuredContent: { result, error } } });
    else if (id !== undefined) send({ id, result: {} });
  });
`;

describe('a unit that pings its client while it works for one that does not speak MCP', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('is answered, as MCP has it', async () => {
    const gateway = await stage.gateway({
      units: [{ name: 'u', kind: 'mcp', command: process.execPath, args: ['-e', UNIT] }],
      routes: [{ type: 'work', unit: 'u' }],
    });
    const client = await Talker.native(gateway.wsUrl, { client_id: 'c' });
    client.send({ id: '1', type: 'work', data: {} });
    const answer = (): any => client.frames.find(({ payload }) => payload?.in_reply_to === '1')?.payload;
    await until(() => answer() !== undefined, 'the answer');
    expect(answer().result.structuredContent).toEqual({ result: {} });
    await client.close();
  });
});
