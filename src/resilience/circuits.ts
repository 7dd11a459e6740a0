import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitBreakerPolicy,
  CircuitState,
  handleWhen,
  SamplingBreaker,
} from 'cockatiel';
import { Bus } from '../events/bus.js';
import { GatewayError } from '../kernel/errors.js';
import { Instance } from '../kernel/unit.js';

/** What trips a circuit: the instance could not be reached or did not answer. Errors a unit answers with do not. */
const TRIPS = new Set(['unit_unavailable', 'unit_timeout']);

const STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
} as const;

type CircuitName = (typeof STATES)[CircuitState];

export interface CircuitSettings {
  /** Share of failures, 0 … 1, at which the circuit opens. */
  threshold: number;
  /** Milliseconds until an open circuit lets one attempt through. */
  timeout: number;
}

/** Judged over 30 s, and only when there was at least one attempt in five seconds. */
const WINDOW = { duration: 30_000, minimumRps: 0.2 };

/** One circuit per (unit, instance), around everything that reaches for the instance. */
export class Circuits {
  private readonly policies = new Map<string, CircuitBreakerPolicy>();

  constructor(
    private readonly settings: CircuitSettings,
    private readonly bus: Bus,
  ) {}

  /** @throws GatewayError `circuit_open`, or what `work` throws */
  async run<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
    try {
      return await this.policy(instance).execute(work);
    } catch (thrown) {
      if (!(thrown instanceof BrokenCircuitError)) throw thrown;
      throw new GatewayError('circuit_open', undefined, this.settings.timeout);
    }
  }

  /** The circuit of an instance nobody has reached for yet is closed. */
  state(instance: Instance): CircuitName {
    return STATES[this.policies.get(instance.id)?.state ?? CircuitState.Closed];
  }

  private policy(instance: Instance): CircuitBreakerPolicy {
    let policy = this.policies.get(instance.id);
    if (policy) return policy;
    policy = circuitBreaker(
      handleWhen(error => error instanceof GatewayError && TRIPS.has(error.code)),
      {
        halfOpenAfter: this.settings.timeout,
        breaker: new SamplingBreaker({ threshold: this.settings.threshold, ...WINDOW }),
      },
    );
    policy.onStateChange(state =>
      this.bus.emit('circuit_changed', { unit: instance.unit, instance: instance.id, state: STATES[state] }),
    );
    this.policies.set(instance.id, policy);
    return policy;
  }
}
