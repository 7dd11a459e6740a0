import { GatewayError } from '../kernel/errors.js';
import { Admission, Authorizer, Caller, SwitchPermit } from '../kernel/ports/access.js';
import { silentLog as log } from '../../test/support/silent-log.js';
import { FailSafeAdmission, FailSafeAuthorizer, FailSafeSwitchPermit } from './fail-safe.js';

const defect = (): never => {
  throw new TypeError('a defect');
};
const caller = {} as Caller;

describe('answers of the control plane', () => {
  it('are refused by an authorizer that fails', () => {
    const failing = { may: defect, grant: defect, reaches: defect } as Authorizer;
    const guarded = new FailSafeAuthorizer(failing, log);
    const ann = { id: 'ann', anonymous: false, role: 'operator', scopes: ['*'] };
    expect(guarded.may(ann, '127.0.0.1', 'publish')).toBe(false);
    expect(guarded.reaches(ann, '127.0.0.1', 'unit', 'files')).toBe(false);
    expect(guarded.grant(ann, '127.0.0.1', { role: 'operator', scopes: ['a'] })).toEqual({ scopes: [] });
  });

  it('are those of the data plane where S2 or S3 fails', async () => {
    const local = { enter: jest.fn(() => Promise.resolve()) } as unknown as Admission;
    await new FailSafeAdmission({ enter: defect }, local, log).enter(caller, 7);
    expect(local.enter).toHaveBeenCalledWith(caller, 7);
    const permit = { ask: () => 1_000, note: () => undefined } as SwitchPermit;
    const guarded = new FailSafeSwitchPermit({ ask: defect, note: defect }, permit, log);
    expect(guarded.ask('c', 'websocket', 'http_sse')).toBe(1_000);
  });

  it('hold where they are a refusal', async () => {
    const local = { enter: jest.fn() } as unknown as Admission;
    const refusing = { enter: () => Promise.reject(new GatewayError('lockdown')) } as unknown as Admission;
    await expect(new FailSafeAdmission(refusing, local, log).enter(caller, 0)).rejects.toThrow(GatewayError);
    expect(local.enter).not.toHaveBeenCalled();
  });
});
