import { MemoryMessageLog } from '../../../src/delivery/message-log.memory.js';
import { Stage } from '../../support/rogue.js';
import { postJson, publish, Talker } from '../../support/talker.js';
import { until } from '../../support/until.js';

const MESSAGES = 1_000;

describe('a client that acknowledges a large window message by message', () => {
  const stage = new Stage();
  afterEach(() => stage.end());

  it('does not have it searched for each of them', async () => {
    const gateway = await stage.gateway({ units: [{ name: 'u', kind: 'mcp', command: 'true' }] });
    const client = await Talker.native(gateway.wsUrl, { client_id: 'c', acks: true });
    const ids = Array.from({ length: MESSAGES }, (_, i) => `m${i}`);
    const urgent = ids.map(id => ({ id, payload: 1, priority: 'high' }));
    await postJson(`${gateway.mcpUrl}/clients/c/messages?results=false`, urgent);
    await until(
      () => client.frames.filter(({ sequence }) => sequence !== undefined).length === MESSAGES,
      'all of them',
    );
    const reads = jest.spyOn(MemoryMessageLog.prototype, 'read');
    for (const msg_id of [...ids].reverse()) client.send({ type: 'ack', msg_id });
    await client.settled();
    expect(reads.mock.calls.length).toBeLessThan(MESSAGES / 4);
    reads.mockRestore();
    // All were taken: one that comes next finds nothing before it.
    const { results } = await publish(gateway.mcpUrl, 'c', { payload: 1, priority: 'low' });
    expect(results).toEqual([expect.objectContaining({ status: 'delivered', sequence: MESSAGES })]);
    expect(client.frames.filter(({ type }) => type === 'error')).toEqual([]);
    await client.close();
  });
});
