import { FakeVitals, Regulated, sightOf } from '../../../test/support/regulated.js';
import { CircuitRequests } from './circuit-requests.js';
import { LeverRequests } from './lever-requests.js';

describe('CircuitRequests', () => {
  let world: Regulated;
  let vitals: FakeVitals;
  let circuits: CircuitRequests;

  beforeEach(() => {
    jest.useFakeTimers();
    world = new Regulated();
    vitals = new FakeVitals();
    vitals.circuitList = [{ unit: 'u', instance: 'u/a', state: 'closed', out: false, isolated: false }];
    circuits = new CircuitRequests(world.bus, world.leverWriter, new LeverRequests(world.bus, world.clock));
    circuits.listen(sightOf(vitals));
  });
  afterEach(() => jest.useRealTimers());

  const force = (target: any, state: any, forMs?: number): void =>
    world.bus.emit('force_circuit_state', { target, state, why: 'maintenance', forMs });

  it('holds a circuit for a minute, or as long as it is asked for up to a day', () => {
    force('u/a', 'open');
    expect(world.value('circuit', 'u/a')).toBe('open');
    jest.advanceTimersByTime(59_999);
    expect(world.value('circuit', 'u/a')).toBe('open');
    jest.advanceTimersByTime(1);
    expect(world.value('circuit', 'u/a')).toBeUndefined();
    force('websocket', 'closed', 1e12);
    const { since, until } = world.leverWriter.setting('s3', 'circuit', 'websocket')!;
    expect(until! - since).toBe(86_400_000);
  });

  it('lets go of it', () => {
    force('u/a', 'open');
    force('u/a', null);
    expect(world.value('circuit', 'u/a')).toBeUndefined();
  });

  it('knows an instance that has only just come', () => {
    vitals.circuitList.push({ unit: 'u', instance: 'u/b', state: 'closed', out: false, isolated: false });
    force('u/b', 'open');
    expect(world.value('circuit', 'u/b')).toBe('open');
  });

  it.each([
    ['u/z', 'open'],
    ['', 'open'],
    [undefined, 'open'],
    ['u/a', 'half_open'],
  ])('ignores %s %s, and says so', (target, state) => {
    const decisions = world.heard('decision');
    force(target, state);
    expect(world.levers.now.circuit.size).toBe(0);
    expect(decisions).toMatchObject([{ by: 's3', action: 'ignore force_circuit_state' }]);
  });
});
