import { Injectable } from '@nestjs/common';
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitBreakerPolicy,
  CircuitState,
  handleWhen,
  SamplingBreaker,
} from 'cockatiel';
import { EventBus } from '../telemetry/event-bus.js';
import { GatewayError } from '../kernel/errors.js';
import { ForcedState } from '../kernel/ports/levers.js';
import { Instance } from '../kernel/ports/unit.js';
import { ForcedCircuits } from './forced-circuits.js';

/**
 * What trips a circuit: the instance could not be reached or did not answer. Errors a unit answers with do not, nor does
 * an attempt that was put off (`retry_after`).
 */
const TRIPS = new Set(['unit_unavailable', 'unit_timeout']);

/** cockatiel's states by the names that the gateway has for them. */
export const STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
} as const;

export type CircuitName = (typeof STATES)[CircuitState];

export abstract class CircuitSettings {
  /** Share of failures, 0 … 1, at which the circuit opens. */
  abstract readonly threshold: number;
  /** Milliseconds until an open circuit lets one attempt through. */
  abstract readonly timeout: number;
}

/** Judged over 30 s, and only when there was at least one attempt in five seconds. */
const WINDOW = { duration: 30_000, minimumRps: 0.2 };

/** One circuit per (unit, instance), around everything that reaches for the instance. */
@Injectable()
export class Circuits {
  private readonly circuits = new Map<string, Circuit>();

  constructor(
    private readonly settings: CircuitSettings,
    private readonly bus: EventBus,
    private readonly levers?: ForcedCircuits,
  ) {}

  /** Tells of circuits that are forced, and of their release. @param all instances there are at that moment */
  watch(all: () => readonly Instance[]): void {
    this.levers?.onEdge((target, before, after) => {
      for (const instance of all()) if (instance.id === target) this.tellEdge(instance, before, after);
    });
  }

  /** @throws GatewayError `circuit_open`, or what `work` throws */
  async run<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
    const forced = this.forced(instance);
    if (forced === 'open') throw this.refusal(instance);
    if (forced === 'closed') return this.observe(instance, work);
    try {
      return await this.circuit(instance).policy.execute(work);
    } catch (thrown) {
      if (!(thrown instanceof BrokenCircuitError)) throw thrown;
      throw this.refusal(instance);
    }
  }

  /** In which state somebody holds it, whatever it has seen itself. */
  forced({ id }: Instance): ForcedState | undefined {
    return this.levers?.of(id);
  }

  /** What is said to those who would go by an open circuit. */
  refusal({ id }: Instance): GatewayError {
    return new GatewayError('circuit_open', undefined, this.levers?.remaining(id) ?? this.settings.timeout);
  }

  /** Something reached the instance outside `run`: cheap, because it is said of every call. */
  succeeded(instance: Instance): void {
    const { policy, breaker } = this.circuit(instance);
    breaker.success(policy.state);
  }

  /** Something that went by another way than `run` failed at the instance. */
  failed(instance: Instance, why: GatewayError): void {
    const { policy } = this.circuit(instance);
    if (policy.state === CircuitState.Closed) policy.execute(() => Promise.reject(asTrip(why))).catch(() => undefined);
  }

  forget(instance: Instance): void {
    this.circuits.delete(instance.id);
  }

  /** The circuit of an instance nobody has reached for yet is closed. */
  state(instance: Instance): CircuitName {
    return this.forced(instance) ?? this.own(instance);
  }

  private own({ id }: Instance): CircuitName {
    return STATES[this.circuits.get(id)?.policy.state ?? CircuitState.Closed];
  }

  /** Refuses nothing, and remembers what it sees for the time when it decides again. */
  private async observe<T>(instance: Instance, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.succeeded(instance);
      return result;
    } catch (thrown) {
      if (thrown instanceof Error && isTrip(thrown)) this.failed(instance, thrown as GatewayError);
      throw thrown;
    }
  }

  private tellEdge(instance: Instance, before?: ForcedState, after?: ForcedState): void {
    const own = this.own(instance);
    const state = after ?? own;
    if (state === (before ?? own)) return;
    this.bus.emit('circuit_changed', { unit: instance.unit, instance: instance.id, state });
  }

  private circuit(instance: Instance): Circuit {
    const known = this.circuits.get(instance.id);
    if (known) return known;
    const breaker = new SamplingBreaker({ threshold: this.settings.threshold, ...WINDOW });
    const policy: CircuitBreakerPolicy = circuitBreaker(
      handleWhen(error => policy.state === CircuitState.HalfOpen || isTrip(error)),
      {
        halfOpenAfter: this.settings.timeout,
        breaker,
      },
    );
    policy.onStateChange(state => {
      if (this.forced(instance)) return;
      this.bus.emit('circuit_changed', { unit: instance.unit, instance: instance.id, state: STATES[state] });
    });
    const circuit = { policy, breaker };
    this.circuits.set(instance.id, circuit);
    return circuit;
  }
}

interface Circuit {
  policy: CircuitBreakerPolicy;
  breaker: SamplingBreaker;
}

/** In an attempt that decides whether a circuit closes, nothing but success counts as success. */
function isTrip(error: Error): boolean {
  return error instanceof GatewayError && TRIPS.has(error.code) && error.retryAfter === null;
}

/** A call that broke off is as much a failure of the instance as one that could not be made. */
function asTrip(why: GatewayError): GatewayError {
  return TRIPS.has(why.code) ? why : new GatewayError('unit_unavailable', why.message);
}
