import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance } from '../../kernel/ports/unit.js';
import { CallRecovery } from './call-recovery.js';
import { RequestDispatcher } from './request-dispatcher.js';
import { UpstreamSession } from './upstream-session.js';

/** Milliseconds that a call waits for what becomes of others, where an instance takes no connections any more. */
const DOUBT = 1_000;

/** The relays, as far as they are verified. */
export interface Verified {
  askNow(upstream: UpstreamSession, method: string): Promise<JsonRpcMessage>;
  lost(upstream: UpstreamSession, instance: Instance, why: GatewayError): void;
}

/** After something broke off: is the unit still there? What is to be sent again waits for the answer. */
export class Verification {
  constructor(
    private readonly upstreams: Verified,
    private readonly recovery: CallRecovery,
    private readonly dispatcher: RequestDispatcher,
  ) {}

  /** The unit may be gone with a connection: better to know before the next call. */
  async ask(upstream: UpstreamSession): Promise<void> {
    if (upstream.verifying || !upstream.lease) return;
    upstream.verifying = true;
    const { lease } = upstream;
    const answer = await this.upstreams.askNow(upstream, 'ping');
    if (upstream.lease !== lease) return;
    upstream.verifying = false;
    if (upstream.doubted) return;
    if (answer.isError && isOurs(answer)) this.recovery.stranded(upstream, new GatewayError('unit_unavailable'));
    else this.dispatcher.release(upstream);
  }

  /** It takes no connections, but others wait for answers: where it is gone those break off, where it only leaves they come. */
  doubt(upstream: UpstreamSession, why: GatewayError): void {
    const { lease } = upstream;
    if (upstream.doubted || !lease) return;
    upstream.doubted = why;
    const judge = (): void => {
      if (upstream.lease !== lease) return;
      upstream.doubted = undefined;
      if (upstream.inFlight === 0) this.upstreams.lost(upstream, lease.instance, why);
      else this.recovery.stranded(upstream, why);
    };
    setTimeout(judge, DOUBT).unref();
  }
}

/** Whether the error is the gateway's own: the unit itself has answered nothing then. */
function isOurs({ view }: JsonRpcMessage): boolean {
  const { data } = view.error as { data?: { reason?: unknown } };
  return data?.reason !== undefined;
}
