import { EventEmitter2 } from '@nestjs/event-emitter';
import { Bus } from '../events/bus.js';
import { ErrorCode, GatewayError } from '../kernel/errors.js';
import { Log } from '../kernel/log.js';
import { Instance } from '../kernel/unit.js';
import { Circuits } from './circuits.js';

const instance = { id: 'unit/a', unit: 'unit' } as Instance;
const other = { id: 'unit/b', unit: 'unit' } as Instance;

describe('Circuits', () => {
  let circuits: Circuits;
  let changes: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    const bus = new Bus(new EventEmitter2(), {} as Log);
    changes = [];
    bus.on('circuit_changed', ({ instance: id, state }) => changes.push(`${id} ${state}`));
    circuits = new Circuits({ threshold: 0.5, timeout: 30_000 }, bus);
  });
  afterEach(() => jest.useRealTimers());

  const fail = (code: ErrorCode, at = instance): Promise<unknown> =>
    circuits.run(at, () => Promise.reject(new GatewayError(code))).catch((error: GatewayError) => error.code);
  const succeed = (at = instance): Promise<unknown> =>
    circuits.run(at, () => Promise.resolve('ok')).catch((error: GatewayError) => error.code);

  async function trip(): Promise<void> {
    for (let i = 0; i < 20 && circuits.state(instance) === 'closed'; i++) {
      await fail('unit_unavailable');
      jest.advanceTimersByTime(100);
    }
  }

  it('opens on instances that cannot be reached, for that instance alone, and says when to come back', async () => {
    await trip();
    expect(circuits.state(instance)).toBe('open');
    await expect(circuits.run(instance, () => Promise.resolve())).rejects.toMatchObject({
      code: 'circuit_open',
      retryAfter: 30_000,
    });
    expect(await succeed(other)).toBe('ok');
    expect(circuits.state(other)).toBe('closed');
  });

  it('lets one attempt through after its time, and closes when that succeeds', async () => {
    await trip();
    jest.advanceTimersByTime(30_000);
    expect(await succeed()).toBe('ok');
    expect(changes).toEqual(['unit/a open', 'unit/a half_open', 'unit/a closed']);
  });

  it('opens again when that attempt fails', async () => {
    await trip();
    jest.advanceTimersByTime(30_000);
    expect(await fail('unit_timeout')).toBe('unit_timeout');
    expect(await succeed()).toBe('circuit_open');
  });

  it.each(['unauthenticated', 'pool_timeout', 'session_ended'] as const)('is not tripped by %s', async code => {
    for (let i = 0; i < 50; i++) {
      await fail(code);
      jest.advanceTimersByTime(100);
    }
    expect(circuits.state(instance)).toBe('closed');
  });
});
