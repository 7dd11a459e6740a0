import { EventEmitter2 } from '@nestjs/event-emitter';
import { EventBus } from '../telemetry/event-bus.js';
import { ErrorCode, GatewayError } from '../kernel/errors.js';
import { Log } from '../kernel/log.js';
import { Instance } from '../kernel/ports/unit.js';
import { Circuits } from './circuits.js';

const instance = { id: 'unit/a', unit: 'unit' } as Instance;
const other = { id: 'unit/b', unit: 'unit' } as Instance;

describe('Circuits', () => {
  let circuits: Circuits;
  let changes: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    const bus = new EventBus(new EventEmitter2(), {} as Log);
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

  describe('of what went by another way', () => {
    const broke = (code: ErrorCode, retryAfter: number | null = null): void =>
      circuits.failed(instance, new GatewayError(code, undefined, retryAfter));

    /** So many times, 100 ms apart. */
    async function times(count: number, what: () => void): Promise<void> {
      for (let i = 0; i < count; i++) {
        what();
        await jest.advanceTimersByTimeAsync(100);
      }
    }

    it('opens on failures, and for that instance alone', async () => {
      await times(20, () => broke('unit_timeout'));
      expect([circuits.state(instance), circuits.state(other)]).toEqual(['open', 'closed']);
      expect(await succeed()).toBe('circuit_open');
      expect(await succeed(other)).toBe('ok');
    });

    it('takes a call that broke off for a failure of the instance, whatever it is called', async () => {
      await times(20, () => broke('outcome_unknown'));
      expect(circuits.state(instance)).toBe('open');
    });

    it('takes no attempt that was put off for one', async () => {
      await times(50, () => broke('unit_unavailable', 1_000));
      expect(circuits.state(instance)).toBe('closed');
    });

    it('stays closed while enough of all that goes there goes well', async () => {
      await times(60, () => {
        circuits.succeeded(instance);
        circuits.succeeded(instance);
        broke('unit_timeout');
      });
      expect([circuits.state(instance), changes]).toEqual(['closed', []]);
      await times(70, () => broke('unit_timeout'));
      expect(circuits.state(instance)).toBe('open');
    });

    it('counts successes of calls together with failures to connect', async () => {
      await times(20, () => {
        circuits.succeeded(instance);
        circuits.succeeded(instance);
        void fail('unit_unavailable');
      });
      expect(circuits.state(instance)).toBe('closed');
    });

    it('says nothing of an open circuit: neither success closes it nor failure keeps it open longer', async () => {
      await trip();
      await times(10, () => circuits.succeeded(instance));
      expect(circuits.state(instance)).toBe('open');
      jest.advanceTimersByTime(28_000);
      broke('unit_timeout');
      jest.advanceTimersByTime(1_000);
      expect(await succeed()).toBe('ok');
      expect(changes).toEqual(['unit/a open', 'unit/a half_open', 'unit/a closed']);
    });

    it('does not decide for the one attempt that is let through', async () => {
      await trip();
      jest.advanceTimersByTime(30_000);
      let finish!: () => void;
      const attempt = circuits.run(instance, () => new Promise<void>(resolve => (finish = resolve)));
      await times(20, () => broke('unit_timeout'));
      await times(5, () => circuits.succeeded(instance));
      expect(circuits.state(instance)).toBe('half_open');
      finish();
      await attempt;
      await jest.advanceTimersByTimeAsync(0);
      expect(circuits.state(instance)).toBe('closed');
    });

    it('is not the one attempt itself when its time has come', async () => {
      await trip();
      jest.advanceTimersByTime(30_000);
      broke('unit_timeout');
      expect(await succeed()).toBe('ok');
    });

    it('begins anew with an instance that was forgotten', async () => {
      await trip();
      circuits.forget(instance);
      expect(circuits.state(instance)).toBe('closed');
      circuits.succeeded(instance);
      expect(await succeed()).toBe('ok');
    });
  });
});
