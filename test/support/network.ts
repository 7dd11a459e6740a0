import { CuttingProxy } from '../../load/lib/servers/cutting-proxy.js';
import { RunningGateway } from './gateway.js';
import { until } from './until.js';

/** The way between clients and a gateway's two listeners, that can be gone for a while. */
export class Network {
  private constructor(
    private readonly toEventStreams: CuttingProxy,
    private readonly toSockets: CuttingProxy,
  ) {}

  static async before({ sseUrl, wsUrl }: RunningGateway): Promise<Network> {
    const [one, other] = [sseUrl, wsUrl].map(url => CuttingProxy.start(url));
    return new Network(await one!, await other!);
  }

  /** Where HTTP and event streams are. */
  get ssePort(): number {
    return this.toEventStreams.port;
  }

  /** Where WebSockets and long polls are. */
  get wsPort(): number {
    return this.toSockets.port;
  }

  /** The text with the documented addresses of a gateway replaced by those of this one. */
  addressed(text: string): string {
    return text
      .replaceAll('localhost:4001', `127.0.0.1:${this.ssePort}`)
      .replaceAll('localhost:4002', `127.0.0.1:${this.wsPort}`);
  }

  /** Every connection breaks, and none is made until `up()`. */
  down(): void {
    this.toEventStreams.down();
    this.toSockets.down();
  }

  /** Comes true when the client has noticed and tried in vain: one that polls may be between two polls just now. */
  missed(): Promise<void> {
    const { toEventStreams, toSockets } = this;
    return until(() => toEventStreams.turnedAway + toSockets.turnedAway > 0, 'an attempt to come back');
  }

  up(): void {
    this.toEventStreams.up();
    this.toSockets.up();
  }

  async stop(): Promise<void> {
    await Promise.all([this.toEventStreams.stop(), this.toSockets.stop()]);
  }
}
