import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';

/** The same refusal is told once in so many milliseconds, and all of them together this often per second. */
const SAME = 10_000;
const PER_SECOND = 20;
/** Refusals that are remembered. */
const MOST = 1_000;

/** Tells of what the policy refuses; whoever asks a thousand times a second is told of now and then. */
export class Refusals {
  private readonly told = new Map<string, number>();
  private second = 0;
  private count = 0;

  constructor(
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  add(principal: string, action: string, target: string, why: string): void {
    const now = this.clock.elapsed();
    const key = `${principal}\n${action}\n${target}`;
    const before = this.told.get(key);
    if ((before !== undefined && now - before < SAME) || !this.spare(now)) return;
    this.told.delete(key);
    if (this.told.size >= MOST) this.told.delete(this.told.keys().next().value!);
    this.told.set(key, now);
    this.bus.emit('check_compliance', { action, principal, target, compliant: false, why });
  }

  private spare(now: number): boolean {
    const second = Math.floor(now / 1_000);
    if (second !== this.second) this.count = 0;
    this.second = second;
    return ++this.count <= PER_SECOND;
  }
}
