import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../../../src/telemetry/event-bus.js';
import { GatewayError } from '../../../src/kernel/errors.js';
import { Log } from '../../../src/kernel/log.js';
import { Circuits } from '../../../src/resilience/circuits.js';
import { delay } from '../../support/rogue.js';

describe('the one attempt that a circuit lets through', () => {
  it.each([
    ['its client left', new GatewayError('session_ended')],
    ['it was put off', new GatewayError('unit_unavailable', 'not now', 500)],
    ['the pool was full', new GatewayError('pool_timeout')],
  ])('closes nothing when %s', async (_why, error) => {
    const circuits = new Circuits({ threshold: 0.5, timeout: 100 }, new EventBus(new EventEmitter2(), {} as Log));
    const instance = { id: 'u/1', unit: 'u' } as never;
    for (let i = 0; i < 10; i++) {
      await circuits.run(instance, () => Promise.reject(new GatewayError('unit_timeout'))).catch(() => undefined);
    }
    expect(circuits.state(instance)).toBe('open');
    await delay(150);
    await circuits.run(instance, () => Promise.reject(error)).catch(() => undefined);
    expect(circuits.state(instance)).not.toBe('closed');
  });
});
