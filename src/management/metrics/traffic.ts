import { Counts, Counters } from '../../telemetry/counters.js';
import { TransportName } from '../../kernel/ports/connection.js';
import { counter, Family, gauge, Samples } from './family.js';

const TRANSPORTS = ['websocket', 'http_sse', 'streamable_http'] as const;

/** What goes between clients and the gateway. */
export function traffic(counters: Counters): Family[] {
  return [
    gauge('gateway_connections', 'Open client connections.', ['transport'], () =>
      by('transport', counters.connections),
    ),
    gauge('gateway_sessions', 'Live sessions.', ['transport'], () => by('transport', counters.sessions)),
    counter('gateway_messages_total', 'Messages from (in) and to (out) clients.', ['transport', 'direction'], () => [
      ...by('transport', counters.messagesIn, { direction: 'in' }),
      ...by('transport', counters.messagesOut, { direction: 'out' }),
    ]),
    counter('gateway_errors_total', 'Errors answered to clients, by code.', ['code'], () =>
      by('code', counters.errors),
    ),
    counter('gateway_transport_errors_total', "The same by the client's transport.", ['transport'], () =>
      each(counters.errorsBy),
    ),
    counter('gateway_replays_total', 'Connections that went on from a position.', ['transport'], () =>
      each(counters.replays),
    ),
    counter('gateway_replayed_messages_total', 'Messages sent again to them.', ['transport'], () =>
      each(counters.replayed),
    ),
    counter('gateway_gaps_total', 'Times that a client was told of messages not held any more.', ['transport'], () =>
      each(counters.gaps),
    ),
    gauge('gateway_websocket_connections', 'Open WebSocket connections.', [], () => [
      [{}, counters.connections.get('websocket')],
    ]),
    counter('gateway_websocket_messages_total', 'Messages over WebSocket.', ['direction'], () => [
      [{ direction: 'in' }, counters.messagesIn.get('websocket')],
      [{ direction: 'out' }, counters.messagesOut.get('websocket')],
    ]),
  ];
}

/** Also of transports that nothing was counted of: a rate wants a beginning. */
function each(counts: Counts<TransportName>): Samples {
  return TRANSPORTS.map(transport => [{ transport }, counts.get(transport)]);
}

export function by<K extends string>(label: string, counts: Counts<K>, more: Record<string, string> = {}): Samples {
  return [...counts.entries()].map(([key, value]) => [{ [label]: key, ...more }, value]);
}
