import { S2Coordination } from '../../../src/vsm/s2-coordination/s2-coordination.js';
import { S5Policy } from '../../../src/vsm/s5-policy/s5-policy.js';
import { S3Control } from '../../../src/vsm/s3-control/s3-control.js';
import { startGateway } from '../../support/gateway.js';
import { RawSession } from '../../support/raw-http.js';

describe('regulators that cannot start or stop', () => {
  afterEach(() => jest.restoreAllMocks());

  it('leave the gateway and the other regulators at work', async () => {
    const defect = () => {
      throw new Error('a defect');
    };
    jest.spyOn(S5Policy.prototype, 'start').mockImplementation(defect);
    jest.spyOn(S2Coordination.prototype, 'stop').mockImplementation(defect);
    const [started, stopped] = [jest.spyOn(S3Control.prototype, 'start'), jest.spyOn(S3Control.prototype, 'stop')];
    const gateway = await startGateway({ units: [{ name: 'echo', kind: 'echo' }] });
    expect(started).toHaveBeenCalled();
    const session = new RawSession(gateway.mcpUrl);
    await session.initialize();
    expect((await session.request('tools/list')).status).toBe(200);
    await gateway.stop();
    expect(stopped).toHaveBeenCalled();
    await expect(fetch(`${gateway.managementUrl}/ready`)).rejects.toThrow();
  });
});
