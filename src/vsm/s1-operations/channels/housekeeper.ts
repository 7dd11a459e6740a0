import { Housekeeping, Tidied } from '../../../kernel/housekeeping.js';
import { Upkeep } from '../upkeep.js';
import { Channels } from './channels.js';

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
