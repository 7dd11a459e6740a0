import { GatewayError } from '../../kernel/errors.js';
import { Levers } from '../../kernel/ports/levers.js';
import { Admission, Caller } from '../../kernel/ports/access.js';

/** Who has this role is let in whatever happens. */
const OPERATOR = 'operator';

/** When who is not let in may come again, in ms; each at another time, so that they do not all come together. */
const RETRY = { lockdown: 30_000, degraded: 10_000 };

/** S3's answer to who may enter: S5's mode first, and then what the data plane says. */
export class ControlAdmission extends Admission {
  constructor(
    private readonly local: Admission,
    private readonly levers: Levers,
    /** 0 ≤ random < 1. */
    private readonly random: () => number = Math.random,
  ) {
    super();
  }

  async enter(caller: Caller, openSessions: number): Promise<void> {
    const mode = this.levers.now.mode.get('') ?? 'normal';
    const { principal } = caller;
    if (mode === 'lockdown' && principal.role !== OPERATOR) throw this.refusal('lockdown');
    if (mode === 'degraded' && principal.anonymous) throw this.refusal('degraded');
    await this.local.enter(caller, openSessions);
  }

  private refusal(mode: keyof typeof RETRY): GatewayError {
    return new GatewayError(mode, undefined, Math.round(RETRY[mode] * (1 + this.random())));
  }
}
