import { Housekeeping, Tidied } from '../kernel/ports/maintenance.js';
import { Upkeep } from './maintenance.js';
import { Channels } from '../hub/hub.js';

export class Housekeeper extends Housekeeping {
  constructor(
    private readonly channels: Channels,
    private readonly upkeep: Upkeep,
  ) {
    super();
  }

  tidy(idleMs?: number): Tidied {
    const channels = this.channels.endIdle(idleMs);
    return { ...this.upkeep.sweep(idleMs), channels, tokens: this.channels.sessions.forgetExpired() };
  }
}
