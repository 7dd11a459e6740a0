import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { isTransport, LeverWriter } from '../../kernel/ports/levers.js';
import { Sight } from '../../kernel/ports/regulator.js';
import { ControlLoop } from './control-loop.js';
import { durationOf, isTarget, LeverRequests } from './lever-requests.js';

/** How long a circuit is held where nobody says for how long, in ms. */
const HELD = 60_000;

/** Holds circuits in the state that others ask for (`force_circuit_state`): never for ever, and none that is not there. */
export class CircuitRequests extends ControlLoop {
  readonly name = 'circuit requests';
  private sight: Sight | undefined;
  private end: (() => void) | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly leverWriter: LeverWriter,
    private readonly notes: LeverRequests,
  ) {
    super();
  }

  override listen(sight: Sight): void {
    this.sight = sight;
    this.end = this.bus.on('force_circuit_state', request => this.asked(request));
  }

  override stop(): void {
    this.end?.();
  }

  /** There is nothing to look at: requests are taken as they come, and the board ends what has had its time. */
  tick(): void {}

  private asked({ target, state, why, forMs }: EventMap['force_circuit_state']): void {
    if (state === null) return this.leverWriter.release('s3', 'circuit', String(target), why);
    const problem = this.problemWith(target, state);
    if (problem) return this.notes.note('ignore force_circuit_state', target, `${problem}: ${why}`);
    this.leverWriter.set('s3', 'circuit', target, state, `${target}: ${why}`, durationOf(forMs, HELD));
  }

  private problemWith(target: unknown, state: unknown): string | undefined {
    if (state !== 'open' && state !== 'closed') return `a circuit is open or closed, not ${String(state)}`;
    if (!isTarget(target)) return 'no target';
    const known = isTransport(target) || this.sight?.vitals.circuits().some(({ instance }) => instance === target);
    return known ? undefined : 'there is no instance or transport of that name';
  }
}
