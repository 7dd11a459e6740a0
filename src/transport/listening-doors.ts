import { Doors } from '../kernel/vitals.js';
import { Listener } from './listener.js';

/** The client listeners together. */
export class ListeningDoors extends Doors {
  constructor(
    private readonly http: Listener,
    private readonly sockets: Listener,
    private readonly doors: readonly { stop(): void }[],
  ) {
    super();
  }

  get listening(): boolean {
    return this.http.listening && this.sockets.listening;
  }

  get ports(): { sse: number; websocket: number } {
    return { sse: this.http.port, websocket: this.sockets.port };
  }

  async open(): Promise<void> {
    await this.http.listen();
    await this.sockets.listen();
  }

  async close(): Promise<void> {
    for (const door of this.doors) door.stop();
    await Promise.all([this.http.close(), this.sockets.close()]);
  }
}
