import { ViableOptions } from './options.js';
import { TransportName } from './protocol.js';
import { SocketConstructor, SocketWire } from './socket-wire.js';
import { StreamWire } from './stream-wire.js';
import { ViableError } from './viable-error.js';
import { Wire, WireEvents } from './wire.js';

/** Connections in a row that did not come about before the other transport is tried. */
const PATIENCE = 2;

/** Which transport to come by. */
export class TransportSelector {
  private failures = 0;
  private current: TransportName;

  /** @param available at least one, the best first */
  constructor(private readonly available: readonly [TransportName, ...TransportName[]]) {
    this.current = available[0];
    this.preferred = available[0];
  }

  /** The one to go back to where another is in use. */
  preferred: TransportName;

  has(transport: TransportName): boolean {
    return this.available.includes(transport);
  }

  next(): TransportName {
    return this.current;
  }

  prefer(transport: TransportName): void {
    this.preferred = transport;
    this.current = transport;
    this.failures = 0;
  }

  worked(transport: TransportName): void {
    this.current = transport;
    this.failures = 0;
  }

  /** No connection came about. */
  failed(): void {
    if (++this.failures < PATIENCE) return;
    this.failures = 0;
    this.current = this.available.find(other => other !== this.current) ?? this.current;
  }
}

/** What the options and the platform offer to connect by. */
export class TransportOptions {
  readonly selector: TransportSelector;
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
    this.selector = new TransportSelector([first, ...others]);
  }

  wire(transport: TransportName, events: WireEvents): Wire {
    const make = this.makers[transport];
    if (!make) throw new ViableError('transport_unavailable');
    return make(events);
  }
}
