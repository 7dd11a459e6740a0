import { Counters } from '../../telemetry/counters.js';
import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Entry } from '../eras/legacy/request-map.js';
import { RequestDispatcher } from './request-dispatcher.js';
import { Call, OWN, Waiting } from './call.js';
import { Turn, UpstreamSession } from './upstream-session.js';
import { UnitStats } from './unit-stats.js';

/** How often one call is tried, all in all. */
const MAX_TRIES = 2;

const UNKNOWN = 'The unit or the way to it failed before it answered: the outcome is unknown.';
const UNKNOWN_AND_GONE = `${UNKNOWN.slice(0, -1)}, and what the unit knew of this session is gone.`;
const UNSENT = 'The unit or the way to it failed before this call had its turn: it was not carried out.';

/** What becomes of calls when their link fails: sent again where that can do no harm, otherwise their client is told. */
export class CallRecovery {
  constructor(
    private readonly dispatcher: RequestDispatcher,
    private readonly units: UnitStats,
    private readonly counters: Counters,
  ) {}

  /**
   * Nobody answers this call any more, unless it may be sent again: then it waits for the next link.
   * @param unsent it was provably not sent
   * @param why what is told to the client of an unsent call
   */
  again(upstream: UpstreamSession, { id, scope, context }: Entry<Call>, unsent: boolean, why?: GatewayError): void {
    const { frame, via, tries } = context;
    if (scope === OWN) return void via.send(JsonRpcMessage.error(id, why ?? new GatewayError('outcome_unknown')));
    const safe = frame !== undefined && upstream.unit.trusted && this.units.hints(upstream.unit).safe(frame);
    if (frame && (unsent || safe) && tries < MAX_TRIES) {
      this.counters.resent.add(upstream.unit.name);
      const again: Waiting = { frame, via, scope, tries, unsure: context.unsure || !unsent };
      return upstream.wait(again);
    }
    if (unsent && why && !context.unsure) return this.answer(via, id, forSurvivor(upstream, why));
    const gone = !upstream.unit.stateless && !upstream.link;
    this.answer(via, id, new GatewayError('outcome_unknown', gone ? UNKNOWN_AND_GONE : UNKNOWN));
  }

  /** The link is gone before it was this call's turn: it was not carried out. */
  unsent(upstream: UpstreamSession, one: Turn, why: GatewayError): void {
    if (upstream.unit.stateless) return upstream.wait(one);
    const gone = upstream.owner.survives
      ? new GatewayError('state_lost')
      : new GatewayError('unit_unavailable', UNSENT);
    this.answer(one.via, one.frame.id, why.code === 'session_expired' ? forSurvivor(upstream, why) : gone);
  }

  answer(via: Connection, id: string, error: GatewayError): void {
    this.counters.failed(error.code, via.transport);
    via.clientJournal?.note({ event: 'error', error: error.code, transport: via.transport });
    via.send(JsonRpcMessage.error(id, error));
  }

  /** No link can be had: what waits for one is answered. */
  stranded(upstream: UpstreamSession, error: GatewayError): void {
    const waiting = upstream.takeWaiting();
    upstream.link?.settled();
    const unknown = new GatewayError('outcome_unknown', UNKNOWN, null, error);
    for (const { frame, via, unsure } of waiting) this.dispatcher.refuse(frame, via, unsure ? unknown : error);
  }
}

/** A session with several units outlives the session that one of them has ended. */
function forSurvivor({ owner }: UpstreamSession, why: GatewayError): GatewayError {
  return why.code === 'session_expired' && owner.survives ? new GatewayError('state_lost') : why;
}
