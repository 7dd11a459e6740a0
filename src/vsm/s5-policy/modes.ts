import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { Priority } from '../../kernel/ports/envelope.js';
import { LeverWriter, Mode } from '../../kernel/ports/levers.js';
import { Identity } from './identity.js';
import { ModeRules } from './mode-rules.js';
import { isOperators } from './operator.js';
import { PolicyStore } from './policy-store.js';
import { PressureSignals } from './pressure-signals.js';

/** Messages of less priority are not taken. */
const FLOORS: Readonly<Record<Mode, Priority | undefined>> = {
  normal: undefined,
  degraded: 'normal',
  lockdown: 'high',
};

/** From where on the gateway is short of something, long before its mode changes; S3 saves connections then. */
const SHORT = { loopDelay: 100, heap: 0.85, freeMemory: 0.04 };

interface Pin {
  mode: Mode;
  why: string;
  /** `Clock.elapsed()`. */
  until: number;
}

/** The gateway's mode: an operator's, else the policy's, else what its own state calls for. */
export class Modes {
  private readonly rules = new ModeRules();
  private mode: Mode = 'normal';
  private pin_: Pin | undefined;
  private refused: Mode | undefined;
  private short = false;

  constructor(
    private readonly book: PolicyStore,
    private readonly leverWriter: LeverWriter,
    private readonly identity: Identity,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  /** Whether the gateway was short of something at the last look. */
  get strained(): boolean {
    return this.short || this.rules.causes.length > 0;
  }

  /** Whether an operator holds it. */
  get pinned(): boolean {
    return this.pin_ !== undefined;
  }

  /** @param mode null: an operator holds it no more */
  pin(mode: Mode | null, why: string, forMs = Infinity): void {
    this.pin_ = mode === null ? undefined : { mode, why, until: this.clock.elapsed() + forMs };
    this.refused = undefined;
    if (mode !== null) this.change(mode, why);
    else if (this.book.policy.modes.mode === undefined) this.settle();
  }

  look(strain: PressureSignals): void {
    const now = this.clock.elapsed();
    if (this.pin_ && now >= this.pin_.until) this.pin(null, 'its time is over');
    const { modes } = this.book.policy;
    const { loopDelay, heap, freeMemory } = strain;
    this.short = loopDelay > SHORT.loopDelay || heap > SHORT.heap || freeMemory < SHORT.freeMemory;
    const due = this.rules.look(this.mode, strain, modes, now);
    if (this.pin_) return this.hold();
    if (modes.mode !== undefined) this.change(modes.mode, 'the policy says so');
    else if (due !== this.mode) this.move(due);
    this.hold();
  }

  /** As its own state calls for, if the policy does not forbid that. */
  private move(due: Mode): void {
    if (this.refused === due) return;
    const objection = due === 'normal' ? undefined : this.identity.objection(`mode.${due}`, 's5');
    this.refused = objection === undefined ? undefined : due;
    const causes = this.rules.causes.join('; ');
    if (objection !== undefined) return this.tell(`refuse mode ${due}`, `${objection} Cause: ${causes}.`);
    this.change(due, causes === '' ? 'there was no cause for it any more' : causes);
  }

  private change(to: Mode, why: string): void {
    const from = this.mode;
    if (from === to) return;
    this.mode = to;
    this.refused = undefined;
    this.settle();
    this.hold(why);
    this.bus.emit('mode_changed', { from, to, why });
    this.tell(`mode ${to}`, why);
  }

  /** From now on the time in this mode counts. */
  private settle(): void {
    this.rules.begin(this.clock.elapsed());
  }

  /** Keeps the levers as the mode wants them; a floor of the operator's own stays. */
  private hold(cause?: string): void {
    const { leverWriter, mode } = this;
    const wanted = { mode: mode === 'normal' ? undefined : mode, priority_floor: FLOORS[mode] };
    for (const lever of ['mode', 'priority_floor'] as const) {
      const held = leverWriter.setting('s5', lever, '');
      if (held?.value === wanted[lever] || (lever === 'priority_floor' && isOperators(held))) continue;
      const why = lever === 'mode' && cause !== undefined ? cause : `the mode is ${mode}`;
      if (wanted[lever] === undefined) leverWriter.release('s5', lever, '', why);
      else leverWriter.set('s5', lever, '', wanted[lever], why);
    }
  }

  private tell(action: string, why: string): void {
    this.bus.emit('decision', { at: this.clock.now(), by: 's5', action, target: '', why });
  }
}
