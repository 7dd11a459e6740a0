import { Counters } from '../../telemetry/counters.js';
import { PushTransport } from '../../kernel/ports/connection.js';
import { DampedLever, Tools } from './damped-lever.js';
import { DampingSettings } from './damping.js';

/**
 * Two cuts within a good minute are enough, because each takes connections of many; and it is slow to forget: for clients a
 * change of transport costs more than another instance does for the gateway. Five minutes at most after the last cut.
 */
export const TRANSPORT_DAMPING: DampingSettings = {
  penalty: 1_000,
  suppress: 1_400,
  reuse: 750,
  halfLife: 60_000,
  longest: 300_000,
  pause: 900,
};

/** Milliseconds within which connections must break to be one cut. */
const BURST = 5_000;
/** Different clients whose connection must have broken: one alone never makes a transport unsteady. */
const QUORUM = 6;
/** Share of the transport's connections that they must be: of many thousands, six break all the time. */
const SHARE = 0.2;
/** Clients that are counted in one burst. */
const MOST = 10_000;

const PUSH: readonly PushTransport[] = ['websocket', 'http_sse'];
const OTHER = { websocket: 'http_sse', http_sse: 'websocket' } as const;

/** Finds transports that are cut again and again, and has clients led to the other one. Never both at once. */
export class TransportFlaps {
  private readonly lever: DampedLever;
  /** Clients whose connection broke, by when (`Clock.elapsed()`), oldest first. */
  private readonly broken = { websocket: new Map<string, number>(), http_sse: new Map<string, number>() };
  private readonly open = new Set<PushTransport>();
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly tools: Tools,
    private readonly counters: Counters,
  ) {
    this.lever = new DampedLever('unsteady', TRANSPORT_DAMPING, tools);
  }

  start(): void {
    const { bus } = this.tools;
    this.ends.push(
      bus.on('transport_circuit_changed', ({ transport, state }) => {
        if (state === 'open') this.open.add(transport);
        else this.open.delete(transport);
        if (state === 'open') this.flip(transport);
      }),
      bus.on('connection_broken', ({ transport, client }) => this.broke(transport, client)),
    );
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
    this.lever.releaseAll('S2 has stopped.');
  }

  tick(): void {
    if (!this.lever.busy) return;
    this.lever.damping.advance(this.tools.clock.elapsed());
    this.reconcile();
  }

  private broke(transport: PushTransport, client: string): void {
    const broken = this.broken[transport];
    const now = this.tools.clock.elapsed();
    broken.delete(client);
    broken.set(client, now);
    for (const [oldest, at] of broken) {
      if (now - at < BURST && broken.size <= MOST) break;
      broken.delete(oldest);
    }
    const all = broken.size + this.counters.connections.get(transport);
    if (broken.size < QUORUM || broken.size < SHARE * all) return;
    broken.clear();
    this.flip(transport);
  }

  private flip(transport: PushTransport): void {
    if (this.lever.damping.flip(transport, this.tools.clock.elapsed())) this.reconcile();
  }

  /** Of two that flap, the one that flaps less is the better way; one whose circuit is open is none. */
  private reconcile(): void {
    const [worst] = this.lever.damping.suppressed(this.tools.clock.elapsed()) as PushTransport[];
    const wanted = PUSH.find(transport => transport === worst && !this.open.has(OTHER[transport]));
    this.lever.apply(new Set(wanted ? [wanted] : []));
  }
}
