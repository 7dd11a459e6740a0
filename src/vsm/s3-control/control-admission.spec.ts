import { Regulated } from '../../../test/support/regulated.js';
import { Caller } from '../../kernel/ports/access.js';
import { ControlAdmission } from './control-admission.js';

describe('ControlAdmission', () => {
  const world = new Regulated();
  const local = { enter: jest.fn(() => Promise.resolve()) };
  const admission = new ControlAdmission(local, world.levers, () => 0.5);
  const enter = (principal: object) => admission.enter({ principal, address: '::1' } as unknown as Caller, 0);
  const code = (principal: object) =>
    enter(principal).then(
      () => 'in',
      ({ code }) => code,
    );

  it.each([
    ['normal', ['in', 'in', 'in']],
    ['degraded', ['degraded', 'in', 'in']],
    ['lockdown', ['lockdown', 'lockdown', 'in']],
  ] as const)('admits in mode %s', async (mode, expected) => {
    world.leverWriter.set('s5', 'mode', '', mode, 'a test');
    const callers = [{ anonymous: true }, { anonymous: false }, { anonymous: false, role: 'operator' }];
    expect(await Promise.all(callers.map(code))).toEqual(expected);
  });

  it('sends each away for another time', async () => {
    world.leverWriter.set('s5', 'mode', '', 'lockdown', 'a test');
    await expect(enter({ anonymous: true })).rejects.toMatchObject({ retryAfter: 45_000 });
  });
});
