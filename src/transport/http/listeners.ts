import { Counters } from '../../telemetry/counters.js';
import { DoubleCount } from '../../kernel/ports/audit.js';
import { ListenerVitals } from '../../kernel/ports/vitals.js';
import { Listener } from './listener.js';

/** The client listeners together. */
export class Listeners extends ListenerVitals {
  constructor(
    private readonly sse: Listener,
    private readonly ws: Listener,
    private readonly doors: readonly { stop(): void }[],
    private readonly counters: Counters,
  ) {
    super();
  }

  get listening(): boolean {
    return this.sse.listening && this.ws.listening;
  }

  get ports(): { sse: number; websocket: number } {
    return { sse: this.sse.port, websocket: this.ws.port };
  }

  /** Requests that are answered at once have sockets too, and long polls none for a while. */
  sockets(): DoubleCount[] {
    const { connections } = this.counters;
    const count = (of: 'http_sse' | 'websocket', found: number): DoubleCount => ({
      what: 'sockets',
      of,
      booked: connections.get(of),
      found,
      relation: 'at_most',
    });
    return [count('http_sse', this.sse.open), count('websocket', this.ws.open)];
  }

  async open(): Promise<void> {
    await this.sse.listen();
    await this.ws.listen();
  }

  async close(): Promise<void> {
    for (const door of this.doors) door.stop();
    await Promise.all([this.sse.close(), this.ws.close()]);
  }
}
