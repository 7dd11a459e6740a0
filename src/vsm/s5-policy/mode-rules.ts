import { Mode } from '../../kernel/ports/levers.js';
import { ModeSettings } from '../../kernel/ports/policy.js';
import { PressureSignals } from './pressure-signals.js';

/** A cause ends when what it is about has gone this far below what began it. */
const BELOW = 0.8;

/** Since when something holds without a break, by `Clock.elapsed()`; undefined: it does not. */
type Since = number | undefined;

/** Which mode the gateway should be in, by what was seen of it so far: with hysteresis, and never for a moment's sake. */
export class ModeRules {
  private strained: Since;
  private severe: Since;
  private calm: Since;
  private entered = 0;
  /** Why, at the last look. */
  causes: readonly string[] = [];

  /** @param mode as it is now */
  look(mode: Mode, strain: PressureSignals, settings: ModeSettings, now: number): Mode {
    this.causes = causesOf(strain, settings, this.strained === undefined ? 1 : BELOW);
    this.strained = this.causes.length > 0 ? (this.strained ?? now) : undefined;
    this.calm = this.causes.length > 0 ? undefined : (this.calm ?? now);
    this.severe = isSevere(strain, settings, this.severe === undefined ? 1 : BELOW) ? (this.severe ?? now) : undefined;
    const { degrade_after, lockdown_after, recover_after } = settings;
    const for_ = (since: Since): number => (since === undefined ? -1 : now - since);
    if (mode === 'normal') return for_(this.strained) >= degrade_after ? 'degraded' : mode;
    if (mode === 'degraded' && now - this.entered >= lockdown_after && for_(this.severe) >= degrade_after)
      return 'lockdown';
    const recovered = for_(this.calm) >= recover_after && now - this.entered >= recover_after;
    if (!recovered) return mode;
    return mode === 'lockdown' ? 'degraded' : 'normal';
  }

  /** A mode has begun. */
  begin(now: number): void {
    this.entered = now;
  }
}

function causesOf(strain: PressureSignals, settings: ModeSettings, factor: number): string[] {
  const { loopDelay, buffers, pains, errorRate } = strain;
  const causes: string[] = [];
  if (loopDelay > settings.loop_delay * factor)
    causes.push(`the event loop is ${Math.round(loopDelay)} ms late (more than ${settings.loop_delay})`);
  if (buffers > settings.buffers * factor)
    causes.push(`buffers hold ${percent(buffers)} of what they may (more than ${percent(settings.buffers)})`);
  if (pains.length >= settings.critical_pains)
    causes.push(`${pains.length} critical pains are open: ${pains.slice(0, 3).join('; ')}`);
  if (errorRate > settings.error_rate * factor)
    causes.push(`${percent(errorRate)} of calls fail at most units (more than ${percent(settings.error_rate)})`);
  return causes;
}

function isSevere({ loopDelay, buffers }: PressureSignals, settings: ModeSettings, factor: number): boolean {
  return loopDelay > settings.lockdown_loop_delay * factor || buffers > settings.lockdown_buffers * factor;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
