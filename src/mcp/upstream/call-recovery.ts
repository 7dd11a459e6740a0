import { Tally } from '../../telemetry/counters.js';
import { Connection } from '../../kernel/ports/connection.js';
import { GatewayError } from '../../kernel/errors.js';
import { Frame } from '../../kernel/json-rpc/message.js';
import { Entry } from '../eras/legacy/request-map.js';
import { Dispatch } from './request-dispatcher.js';
import { Call, OWN, Relay, Turn, Waiting } from './upstream-session.js';
import { UnitState } from './unit-stats.js';

/** How often one call is tried, all in all. */
const MAX_TRIES = 2;

const UNKNOWN = 'The unit or the way to it failed before it answered: the outcome is unknown.';
const UNKNOWN_AND_GONE = `${UNKNOWN.slice(0, -1)}, and what the unit knew of this session is gone.`;
const UNSENT = 'The unit or the way to it failed before this call had its turn: it was not carried out.';

/** What becomes of calls when their link fails: sent again where that can do no harm, otherwise their client is told. */
export class Aftermath {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly units: UnitState,
    private readonly tally: Tally,
  ) {}

  /**
   * Nobody answers this call any more, unless it may be sent again: then it waits for the next link.
   * @param unsent it was provably not sent
   * @param why what is told to the client of an unsent call
   */
  again(relay: Relay, { id, scope, context }: Entry<Call>, unsent: boolean, why?: GatewayError): void {
    const { frame, via, tries } = context;
    if (scope === OWN) return void via.send(Frame.error(id, why ?? new GatewayError('outcome_unknown')));
    const safe = frame !== undefined && relay.unit.trusted && this.units.hints(relay.unit).safe(frame);
    if (frame && (unsent || safe) && tries < MAX_TRIES) {
      this.tally.resent.add(relay.unit.name);
      const again: Waiting = { frame, via, scope, tries, unsure: context.unsure || !unsent };
      return void (relay.waiting ??= []).push(again);
    }
    if (unsent && why && !context.unsure) return this.answer(via, id, forSurvivor(relay, why));
    const gone = !relay.unit.stateless && !relay.lease;
    this.answer(via, id, new GatewayError('outcome_unknown', gone ? UNKNOWN_AND_GONE : UNKNOWN));
  }

  /** The link is gone before it was this call's turn: it was not carried out. */
  unsent(relay: Relay, one: Turn, why: GatewayError): void {
    if (relay.unit.stateless) return void (relay.waiting ??= []).push(one);
    const gone = relay.owner.survives ? new GatewayError('state_lost') : new GatewayError('unit_unavailable', UNSENT);
    this.answer(one.via, one.frame.id, why.code === 'session_expired' ? forSurvivor(relay, why) : gone);
  }

  answer(via: Connection, id: string, error: GatewayError): void {
    this.tally.failed(error.code, via.transport);
    via.witness?.note({ event: 'error', error: error.code, transport: via.transport });
    via.send(Frame.error(id, error));
  }

  /** No link can be had: what waits for one is answered. */
  stranded(relay: Relay, error: GatewayError): void {
    const waiting = relay.waiting ?? [];
    relay.waiting = undefined;
    if (!relay.ended) relay.settled();
    const unknown = new GatewayError('outcome_unknown', UNKNOWN, null, error);
    for (const { frame, via, unsure } of waiting) this.dispatch.refuse(frame, via, unsure ? unknown : error);
  }
}

/** A session with several units outlives the session that one of them has ended. */
function forSurvivor({ owner }: Relay, why: GatewayError): GatewayError {
  return why.code === 'session_expired' && owner.survives ? new GatewayError('state_lost') : why;
}
