import { EventBus } from '../../telemetry/event-bus.js';
import { EventMap } from '../../telemetry/event-map.js';
import { Clock } from '../../kernel/clock.js';
import { TransportName } from '../../kernel/ports/connection.js';
import { SwitchPermit } from '../../kernel/ports/access.js';

export interface SwitchSettings {
  /** Milliseconds. */
  window: number;
  /** Switches of one client within any such time. */
  max: number;
}

/** One whose bounds can be moved while it works. */
export abstract class AdjustableSwitchPermit extends SwitchPermit {
  abstract adjust(settings: SwitchSettings): void;
}

/** What a policy may ask for; beyond that the nearest of these holds. A minute that counts not one switch forbids none. */
const BOUNDS = { max: [1, 60], window: [1_000, 3_600_000] } as const;
/** Clients whose refusal was told; of more, the oldest is told again. */
const MOST = 10_000;

/**
 * S2's answer to who may change its transport: so many times in any window (Beer's oscillation between two that serve the
 * same). How many and how long is configured, and S5's policy may change both. Each answer is a fact; a refusal is a
 * decision besides, once for each client and window.
 */
export class SwitchWindow extends SwitchPermit {
  /** When each client's next refusal is told (`Clock.elapsed()`), oldest first. */
  private readonly told = new Map<string, number>();
  private current: SwitchSettings;
  private end: () => void = () => undefined;

  constructor(
    private readonly permit: AdjustableSwitchPermit,
    private readonly configured: SwitchSettings,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {
    super();
    this.current = configured;
  }

  get settings(): SwitchSettings {
    return this.current;
  }

  start(): void {
    this.end = this.bus.on('policy_update', ({ constraints }) => this.follow(constraints));
  }

  stop(): void {
    this.end();
  }

  ask(client: string, from: TransportName, to: TransportName): number {
    const waitMs = this.permit.ask(client, from, to);
    this.bus.emit('check_oscillation', { client, from, to, waitMs });
    if (waitMs > 0) this.refused(client, { from, to, wait_ms: waitMs });
    return waitMs;
  }

  note(client: string, from: TransportName, to: TransportName): void {
    this.permit.note(client, from, to);
  }

  /** What a policy does not say is as it was configured. */
  private follow({ switch_max, switch_window }: EventMap['policy_update']['constraints']): void {
    const max = Math.round(within(BOUNDS.max, switch_max) ?? this.configured.max);
    const window = within(BOUNDS.window, switch_window) ?? this.configured.window;
    if (max === this.current.max && window === this.current.window) return;
    this.current = { max, window };
    this.permit.adjust(this.current);
    const why = `The policy allows ${max} switches in ${window} ms.`;
    const at = this.clock.now();
    this.bus.emit('decision', { at, by: 's2', action: 'adjust switching', target: '', why, details: { max, window } });
  }

  private refused(client: string, details: Record<string, unknown>): void {
    const now = this.clock.elapsed();
    for (const [oldest, until] of this.told) {
      if (until > now && this.told.size < MOST) break;
      this.told.delete(oldest);
    }
    if ((this.told.get(client) ?? 0) > now) return;
    const { max, window } = this.current;
    this.told.delete(client);
    this.told.set(client, now + window);
    const why = `It has switched ${max} times within ${window} ms, as often as it may.`;
    this.bus.emit('decision', {
      at: this.clock.now(),
      by: 's2',
      action: 'refuse switch',
      target: client,
      why,
      details,
    });
  }
}

function within([min, max]: readonly [number, number], value: unknown): number | undefined {
  return typeof value === 'number' && !Number.isNaN(value) ? Math.max(min, Math.min(max, value)) : undefined;
}
