import { ViableOptions } from './options.js';
import { TransportName } from './protocol.js';
import { TransportSelector } from './transport-selector.js';
import { SocketConstructor, SocketWire } from './socket-wire.js';
import { StreamWire } from './stream-wire.js';
import { ViableError } from './viable-error.js';
import { Wire, WireEvents } from './wire.js';

/** What the options and the platform offer to connect by. */
export class TransportOptions {
  readonly roads: TransportSelector;
  private readonly makers: Partial<Record<TransportName, (events: WireEvents) => Wire>> = {};

  /** @throws ViableError `transport_unavailable` where that is nothing */
  constructor({ url, sseUrl, transport = 'auto', WebSocket }: ViableOptions) {
    const Socket = WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
    if (url !== undefined && Socket && transport !== 'http_sse') {
      this.makers.websocket = events => new SocketWire(url, Socket, events);
    }
    if (sseUrl !== undefined && transport !== 'websocket') {
      this.makers.http_sse = events => new StreamWire(sseUrl, events);
    }
    const [first, ...others] = Object.keys(this.makers) as TransportName[];
    if (!first) {
      throw new ViableError('transport_unavailable', 'Neither a WebSocket and its url nor an sseUrl is there to use.');
    }
    this.roads = new TransportSelector([first, ...others]);
  }

  wire(transport: TransportName, events: WireEvents): Wire {
    const make = this.makers[transport];
    if (!make) throw new ViableError('transport_unavailable');
    return make(events);
  }
}
