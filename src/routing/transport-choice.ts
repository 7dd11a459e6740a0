import { PushTransport } from '../kernel/ports/connection.js';

export interface TransportQuestion {
  /** What the client would rather have. */
  preference: 'auto' | PushTransport;
  /** What it has now, if anything. */
  current?: PushTransport;
  /** Bytes of the message it is about, if it is about one. */
  messageSize?: number;
  /** Bytes of the largest message that each takes. */
  limits: Readonly<Record<PushTransport, number>>;
  /** Each one's circuit; one that flaps counts as open. */
  health: Readonly<Record<PushTransport, 'closed' | 'open' | 'half_open'>>;
  /** What the client can use at all. */
  capable: readonly PushTransport[];
}

/** What a client gets that has nothing and prefers nothing: the one that goes both ways first. */
const ORDER: readonly PushTransport[] = ['websocket', 'http_sse'];

/**
 * The transport for a client. Each rule chooses among what those before it have left:
 *
 * | # | rule                                                         | if it leaves nothing                     |
 * | - | ------------------------------------------------------------ | ---------------------------------------- |
 * | 1 | what the client cannot use is out                            | undefined                                |
 * | 2 | what does not take a message of that size is out             | undefined                                |
 * | 3 | what has an open circuit is out (half open may be tried)     | it does not hold: a bad way beats none   |
 * | 4 | the client's preference wins; not under 3's exception, where |                                          |
 * |   | a connection that stands is worth more than a wish           | the next                                 |
 * | 5 | stay: what it has now wins                                   | the next                                 |
 * | 6 | the preference after all, else websocket before http_sse     |                                          |
 */
export function chooseTransport(question: TransportQuestion): PushTransport | undefined {
  const { preference, current, messageSize = 0, limits, health, capable } = question;
  const possible = ORDER.filter(transport => capable.includes(transport) && messageSize <= limits[transport]);
  const healthy = possible.filter(transport => health[transport] !== 'open');
  const wished = healthy.find(transport => transport === preference);
  if (wished) return wished;
  const left = healthy.length > 0 ? healthy : possible;
  return left.find(transport => transport === current) ?? left.find(transport => transport === preference) ?? left[0];
}
