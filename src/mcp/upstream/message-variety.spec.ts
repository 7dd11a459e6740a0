import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { LegacyEra } from '../eras/legacy/legacy-era.js';
import { MessageVariety } from './message-variety.js';

const call = (name: unknown): JsonRpcMessage => JsonRpcMessage.of({ id: 1, method: 'tools/call', params: { name } });
const request = (method: string): JsonRpcMessage => JsonRpcMessage.of({ id: 1, method });

describe('MessageVariety', () => {
  let variety: MessageVariety;
  beforeEach(() => (variety = new MessageVariety(0)));
  const note = (times: number, frame: JsonRpcMessage, now = 0): void => {
    for (let i = 0; i < times; i++) variety.note(frame.method, new LegacyEra().toolOf(frame), now);
  };

  it('is none where nothing comes, or always the same', () => {
    expect(variety.read(0)).toEqual({ kinds: 0, entropyBits: 0 });
    note(10, request('ping'));
    expect(variety.read(0)).toEqual({ kinds: 1, entropyBits: 0 });
  });

  it('is the entropy of methods, and of tools each by its name', () => {
    note(2, request('ping'));
    note(2, call('add'));
    note(2, call('ping'));
    note(2, call(7));
    expect(variety.read(0)).toEqual({ kinds: 4, entropyBits: 2 });
    note(92, call('add'));
    const { entropyBits } = variety.read(0);
    // 94, 2, 2 and 2 of 100
    expect(entropyBits).toBeCloseTo(-(0.94 * Math.log2(0.94) + 3 * 0.02 * Math.log2(0.02)), 10);
  });

  it('takes what is too much or too long as one kind', () => {
    for (let i = 0; i < 1_000; i++) note(1, call(`tool-${i}`));
    expect(variety.read(0).kinds).toBe(257);
    variety = new MessageVariety(0);
    for (let i = 0; i < 10; i++) note(1, call('x'.repeat(1_000 + i)));
    expect(variety.read(0).kinds).toBe(1);
  });

  it('forgets: each minute what was counts half', () => {
    note(8, request('old'));
    note(4, request('new'), 60_000);
    expect(variety.read(60_000)).toEqual({ kinds: 2, entropyBits: 1 });
    note(1, request('new'), 6 * 60_000);
    expect(variety.read(6 * 60_000).kinds).toBe(1);
    expect(variety.read(60 * 60_000)).toEqual({ kinds: 0, entropyBits: 0 });
  });
});
