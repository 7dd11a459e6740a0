import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { TransportName } from '../kernel/ports/connection.js';
import { SwitchPermit } from '../kernel/ports/access.js';

export abstract class SwitchSettings {
  /** Milliseconds. */
  abstract readonly window: number;
  /** Switches of one client within any such time. */
  abstract readonly max: number;
  /** Clients whose switches are remembered; by default ten times as many as there are sessions. */
  abstract readonly most?: number;
}

const MOST = 100_000;

/**
 * The data plane's own answer to who may change its transport: so many times in any window, whichever way. Where it cannot
 * remember any more it says no to those it does not know, because a client that stays where it is loses nothing.
 */
@Injectable()
export class LocalSwitchPermit extends SwitchPermit {
  /** `Clock.elapsed()` of each client's latest switches, oldest first; clients by their latest. */
  private readonly switches = new Map<string, number[]>();
  private readonly most: number;

  constructor(
    private settings: SwitchSettings,
    private readonly clock: Clock,
  ) {
    super();
    this.most = settings.most ?? MOST;
  }

  get clients(): number {
    return this.switches.size;
  }

  /** What was counted before still counts, as far as it is remembered. */
  adjust(settings: SwitchSettings): void {
    this.settings = settings;
  }

  ask(client: string, from: TransportName, to: TransportName): number {
    const now = this.clock.elapsed();
    this.forgetOld(now);
    const times = this.switches.get(client);
    if (!times && this.switches.size >= this.most) return this.until(this.firstOf(this.switches)!.at(-1)!, now);
    if (times && times.length >= this.settings.max) {
      const wait = this.until(times[times.length - this.settings.max]!, now);
      if (wait > 0) return wait;
    }
    this.note(client, from, to);
    return 0;
  }

  note(client: string, _from: TransportName, _to: TransportName): void {
    const now = this.clock.elapsed();
    this.forgetOld(now);
    const times = this.switches.get(client) ?? [];
    if (times.length === 0 && this.switches.size >= this.most) return;
    times.push(now);
    times.splice(0, times.length - this.settings.max);
    this.switches.delete(client);
    this.switches.set(client, times);
  }

  private forgetOld(now: number): void {
    for (const [client, times] of this.switches) {
      if (this.until(times.at(-1)!, now) > 0) return;
      this.switches.delete(client);
    }
  }

  /** Milliseconds until a switch no longer counts. */
  private until(at: number, now: number): number {
    return Math.max(0, Math.ceil(at + this.settings.window - now));
  }

  private firstOf(map: ReadonlyMap<string, number[]>): number[] | undefined {
    return map.values().next().value;
  }
}
