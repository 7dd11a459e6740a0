import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance } from '../../kernel/ports/unit.js';
import { GatewayError } from '../../kernel/errors.js';
import { CallRecovery } from './call-recovery.js';
import { UpstreamSession } from './upstream-session.js';
import { UnitStats } from './unit-stats.js';
import { CoarseClockTarget } from './coarse-clock.js';

/** The relays, as far as they are looked after. */
export interface Ward {
  all(): Iterable<UpstreamSession>;
  askNow(upstream: UpstreamSession, method: string): Promise<JsonRpcMessage>;
  tell(upstream: UpstreamSession, message: object): void;
  lost(upstream: UpstreamSession, instance: Instance, why: GatewayError): void;
}

/** What is done about calls and links that the watch finds too silent. */
export class CallTimeouts implements CoarseClockTarget {
  constructor(
    private readonly upstreams: Ward,
    private readonly recovery: CallRecovery,
    private readonly units: UnitStats,
  ) {}

  watched(): Iterable<UpstreamSession> {
    return this.upstreams.all();
  }

  ping(upstream: UpstreamSession): void {
    if (upstream.lease) void this.upstreams.askNow(upstream, 'ping');
  }

  overdue(upstream: UpstreamSession, number: string): void {
    const entry = upstream.calls.get(number);
    if (!entry) return;
    upstream.abandon(number, entry.scope);
    if (upstream.lease) this.units.overdue(upstream.lease.instance);
    const params = { requestId: entry.number, reason: 'The gateway waited as long as it may.' };
    this.upstreams.tell(upstream, { method: 'notifications/cancelled', params });
    this.recovery.answer(entry.context.via, entry.id, new GatewayError('unit_timeout'));
    upstream.settled();
  }

  dead(upstream: UpstreamSession): void {
    if (!upstream.lease) return;
    const why = new GatewayError('unit_timeout', 'The unit gave no sign of life.');
    this.upstreams.lost(upstream, upstream.lease.instance, why);
  }
}
