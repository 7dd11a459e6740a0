import { judge, Move, S4Outlook } from './conflict-rules.js';

const calm: S4Outlook = {
  growth: 1,
  horizonMs: 60_000,
  expectedConnections: () => 0,
  patternOf: () => undefined,
  hasErrorAnomaly: () => false,
  strained: false,
};

describe('what S5 says where S3 and S4 differ', () => {
  const pool: Move = { lever: 'pool_size', target: 'u/1', value: 5, before: 10 };
  const limit: Move = { lever: 'rate_limit', target: 'ann', value: 50, before: 10 };
  const connections: Move = { lever: 'connections', target: 'websocket', value: 100, before: undefined };
  const circuit: Move = { lever: 'circuit', target: 'u/1', value: 'closed', before: undefined };

  it.each<[Move, Partial<S4Outlook>, object | undefined]>([
    [pool, { growth: 1.3 }, { rule: 'keep_pool', hold: { value: 10, forMs: 60_000 } }],
    [pool, { growth: 1.2 }, undefined],
    [{ ...pool, value: 12 }, { growth: 2 }, undefined],
    [{ ...pool, value: null }, { growth: 2 }, undefined],
    [limit, { patternOf: () => 'message_flood' }, { rule: 'keep_limit', hold: { value: 10, forMs: 300_000 } }],
    [{ ...limit, value: null }, { patternOf: () => 'message_flood' }, { rule: 'keep_limit', hold: { value: 10 } }],
    [{ ...limit, value: 5 }, { patternOf: () => 'message_flood' }, undefined],
    [limit, {}, undefined],
    [connections, { expectedConnections: () => 150.2 }, { rule: 'admit_forecast', hold: { value: 151 } }],
    [connections, { expectedConnections: () => 150, strained: true }, undefined],
    [connections, { expectedConnections: () => 90 }, undefined],
    [circuit, { hasErrorAnomaly: () => true }, { rule: 'warn_closed' }],
    [{ ...circuit, value: 'open' }, { hasErrorAnomaly: () => true }, undefined],
  ])('%j, %j', (move, seen, ruling) => {
    const said = judge(move, { ...calm, ...seen });
    if (ruling === undefined) expect(said).toBeUndefined();
    else expect(said).toMatchObject(ruling);
  });
});
