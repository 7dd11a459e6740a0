import { GatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/json-rpc/message.js';
import { Instance } from '../../kernel/ports/unit.js';
import { Aftermath } from './call-recovery.js';
import { Dispatch } from './request-dispatcher.js';
import { Relay } from './upstream-session.js';

/** Milliseconds that a call waits for what becomes of others, where an instance takes no connections any more. */
const DOUBT = 1_000;

/** The relays, as far as they are verified. */
export interface Verified {
  askNow(relay: Relay, method: string): Promise<Frame>;
  lost(relay: Relay, instance: Instance, why: GatewayError): void;
}

/** After something broke off: is the unit still there? What is to be sent again waits for the answer. */
export class Verification {
  constructor(
    private readonly relays: Verified,
    private readonly aftermath: Aftermath,
    private readonly dispatch: Dispatch,
  ) {}

  /** The unit may be gone with a connection: better to know before the next call. */
  async ask(relay: Relay): Promise<void> {
    if (relay.verifying || !relay.lease) return;
    relay.verifying = true;
    const { lease } = relay;
    const answer = await this.relays.askNow(relay, 'ping');
    if (relay.lease !== lease) return;
    relay.verifying = false;
    if (relay.doubted) return;
    if (answer.isError && isOurs(answer)) this.aftermath.stranded(relay, new GatewayError('unit_unavailable'));
    else this.dispatch.release(relay);
  }

  /** It takes no connections, but others wait for answers: where it is gone those break off, where it only leaves they come. */
  doubt(relay: Relay, why: GatewayError): void {
    const { lease } = relay;
    if (relay.doubted || !lease) return;
    relay.doubted = why;
    const judge = (): void => {
      if (relay.lease !== lease) return;
      relay.doubted = undefined;
      if (relay.inFlight === 0) this.relays.lost(relay, lease.instance, why);
      else this.aftermath.stranded(relay, why);
    };
    setTimeout(judge, DOUBT).unref();
  }
}

/** Whether the error is the gateway's own: the unit itself has answered nothing then. */
function isOurs({ view }: Frame): boolean {
  const { data } = view.error as { data?: { reason?: unknown } };
  return data?.reason !== undefined;
}
