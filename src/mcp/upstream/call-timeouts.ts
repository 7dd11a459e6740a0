import { Frame } from '../../kernel/json-rpc/message.js';
import { Instance } from '../../kernel/ports/unit.js';
import { GatewayError } from '../../kernel/errors.js';
import { Aftermath } from './call-recovery.js';
import { Relay } from './upstream-session.js';
import { UnitState } from './unit-stats.js';
import { Watcher } from './coarse-clock.js';

/** The relays, as far as they are looked after. */
export interface Ward {
  all(): Iterable<Relay>;
  askNow(relay: Relay, method: string): Promise<Frame>;
  tell(relay: Relay, message: object): void;
  lost(relay: Relay, instance: Instance, why: GatewayError): void;
}

/** What is done about calls and links that the watch finds too silent. */
export class Vigil implements Watcher {
  constructor(
    private readonly relays: Ward,
    private readonly aftermath: Aftermath,
    private readonly units: UnitState,
  ) {}

  watched(): Iterable<Relay> {
    return this.relays.all();
  }

  ping(relay: Relay): void {
    if (relay.lease) void this.relays.askNow(relay, 'ping');
  }

  overdue(relay: Relay, number: string): void {
    const entry = relay.calls.get(number);
    if (!entry) return;
    relay.abandon(number, entry.scope);
    if (relay.lease) this.units.overdue(relay.lease.instance);
    const params = { requestId: entry.number, reason: 'The gateway waited as long as it may.' };
    this.relays.tell(relay, { method: 'notifications/cancelled', params });
    this.aftermath.answer(entry.context.via, entry.id, new GatewayError('unit_timeout'));
    relay.settled();
  }

  dead(relay: Relay): void {
    if (!relay.lease) return;
    const why = new GatewayError('unit_timeout', 'The unit gave no sign of life.');
    this.relays.lost(relay, relay.lease.instance, why);
  }
}
