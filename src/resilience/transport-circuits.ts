import { Injectable } from '@nestjs/common';
import { circuitBreaker, CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { EventBus } from '../telemetry/event-bus.js';
import { Clock } from '../kernel/clock.js';
import { PushTransport } from '../kernel/ports/connection.js';
import { ForcedCircuits } from './forced-circuits.js';
import { CircuitName, CircuitSettings, STATES } from './circuits.js';
import { FailureWindow } from './failure-window.js';

/** How long a client's vote counts, in ms. */
const WINDOW = 30_000;
/** Clients that must have voted before a transport is judged, as many as there are attempts at an instance. */
const QUORUM = 6;
/** One client is never enough: whatever is wrong may be wrong with that client. */
const FAILING = 2;

/**
 * One circuit per transport that messages are pushed by, so that clients are led around a proxy that cuts sockets or
 * buffers streams. It opens when more than the threshold of the clients of the last 30 s, and six of them at least, failed
 * with it; each counts once, by what became of its latest connection. (cockatiel's `SamplingBreaker` would count attempts, and
 * keeps old ones for as long as few come: one client that flaps would open the circuit for all.) After the timeout it is half
 * open: one success closes it, and failures of two different clients open it again.
 */
@Injectable()
export class TransportCircuits {
  private readonly circuits: Record<PushTransport, TransportCircuit>;

  constructor(
    settings: CircuitSettings,
    bus: EventBus,
    clock: Clock,
    private readonly levers?: ForcedCircuits,
  ) {
    const tell = (transport: PushTransport, state: CircuitName): void =>
      bus.emit('transport_circuit_changed', { transport, state });
    const circuit = (transport: PushTransport): TransportCircuit =>
      new TransportCircuit(settings, clock, state => !levers?.of(transport) && tell(transport, state));
    this.circuits = { websocket: circuit('websocket'), http_sse: circuit('http_sse') };
    levers?.onEdge((target, before, after) => {
      if (target !== 'websocket' && target !== 'http_sse') return;
      const { state: own } = this.circuits[target];
      if ((after ?? own) !== (before ?? own)) tell(target, after ?? own);
    });
  }

  /**
   * A connection has ended as it should, or has lasted for so long that the transport must be in order.
   * @param client who counts once: its address where it is anonymous, else (principal, client id)
   */
  succeeded(transport: PushTransport, client: string): void {
    this.circuits[transport].succeeded(client);
  }

  /** A connection could not be made, or has ended abnormally. */
  failed(transport: PushTransport, client: string): void {
    this.circuits[transport].failed(client);
  }

  /** What somebody forces it to be, else what it has seen itself. */
  state(transport: PushTransport): CircuitName {
    return this.levers?.of(transport) ?? this.circuits[transport].state;
  }
}

class TransportCircuit {
  private readonly failureWindow = new FailureWindow(WINDOW);
  private readonly policy: CircuitBreakerPolicy;
  /** Wall clock, as cockatiel measures. */
  private openedAt = 0;

  constructor(
    private readonly settings: CircuitSettings,
    private readonly clock: Clock,
    tell: (state: CircuitName) => unknown,
  ) {
    this.policy = circuitBreaker(handleAll, { halfOpenAfter: settings.timeout, breaker: new ConsecutiveBreaker(1) });
    this.policy.onStateChange(state => {
      if (state === CircuitState.Open) this.openedAt = Date.now();
      this.failureWindow.clear();
      tell(STATES[state]);
    });
  }

  /** Half open as soon as somebody may try; cockatiel tells of it only when somebody has. */
  get state(): CircuitName {
    const state = STATES[this.policy.state];
    return state === 'open' && Date.now() - this.openedAt >= this.settings.timeout ? 'half_open' : state;
  }

  /** cockatiel needs a moment to act on what ends a half-open state; what comes in it is about the same connections. */
  private get isDeciding(): boolean {
    return this.policy.state === CircuitState.HalfOpen;
  }

  succeeded(client: string): void {
    const { state } = this;
    if (this.isDeciding) return;
    if (state === 'closed') this.failureWindow.cast(client, false, this.clock.elapsed());
    else if (state === 'half_open') void this.policy.execute(() => undefined);
  }

  failed(client: string): void {
    const { state, failureWindow } = this;
    if (state === 'open' || this.isDeciding) return;
    failureWindow.cast(client, true, this.clock.elapsed());
    if (failureWindow.failures < FAILING) return;
    const enough =
      failureWindow.count >= QUORUM && failureWindow.failures > this.settings.threshold * failureWindow.count;
    if (state === 'half_open' || enough) this.policy.execute(() => Promise.reject(new Error())).catch(() => undefined);
  }
}
