import { ConfigError } from './config-error.js';
import { CheckedPolicies } from './policy.js';

const parse = (input: unknown) => new CheckedPolicies().parse(input);

function problems(input: unknown): string[] {
  try {
    parse(input);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.issues.map(({ path }) => path);
    throw thrown;
  }
  return [];
}

describe('a policy', () => {
  it('has defaults that leave everything to the credentials', () => {
    const { principals, limits, modes, identity, ...rest } = parse({});
    expect([principals, limits, identity.forbids, rest]).toEqual([[], {}, [], { version: 1, default: 'allow' }]);
    expect(modes).toMatchObject({ critical_pains: 2, degrade_after: 5_000, recover_after: 30_000 });
    expect(modes.mode).toBeUndefined();
  });

  it('takes all that is documented', () => {
    const policy = {
      version: 1,
      identity: { purpose: 'Tools for the shop.', forbids: ['mode.lockdown'] },
      limits: { rate_limit: { min: 1, max: 50 }, switch_max: 3, switch_window: 60_000, pattern_reconnects: 20 },
      modes: { mode: 'degraded', loop_delay: 100 },
      principals: [
        { principal: 'jwt:*', role: 'node', units: ['files*'], topics: ['news.*'], publish: ['news.*'], scopes: ['a'] },
        { principal: 'anonymous', units: [], publish: false },
        { principal: '*' },
      ],
      default: 'deny',
    };
    expect(parse(policy)).toMatchObject(policy);
  });

  it.each<[unknown, string[]]>([
    [{ limit: {} }, ['limit']],
    [{ limits: { rate_limits: { max: 1 } } }, ['limits.rate_limits']],
    [{ limits: { rate_limit: { max: '1' } } }, ['limits.rate_limit.max']],
    [{ limits: { rate_limit: { min: 2, max: 1 } } }, ['limits.rate_limit.max']],
    [{ limits: { switch_max: -1 } }, ['limits.switch_max']],
    [{ limits: [] }, ['limits']],
    [{ modes: { mode: 'panic' } }, ['modes.mode']],
    [{ modes: { loop_delay: 2_000 } }, ['modes.lockdown_loop_delay']],
    [{ principals: [{ units: ['a'] }] }, ['principals[0].principal']],
    [{ principals: [{ principal: '*', publish: 'yes' }] }, ['principals[0].publish']],
    [{ principals: [{ principal: '*', publish: [1] }] }, ['principals[0].publish[0]']],
    [{ default: 'maybe' }, ['default']],
    [null, ['configuration']],
    ['text', ['configuration']],
  ])('refuses %j', (input, paths) => {
    expect(problems(input)).toEqual(paths);
  });
});
