import {
  ChannelClient,
  EventClient,
  messagesOf,
  metricOf,
  NativeClient,
  Params,
  PhoenixClient,
  publish,
  Published,
} from '../support/channel-clients.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';
import { Fault } from './fault-table.js';

export interface ChannelFault extends Fault {
  run(ground: ChannelGround): Promise<void>;
}

/**
 * Short, because tests wait for them. What holds is the data plane's own doing: clients that come by the thousand from the
 * gateway's own process would be paced by how late its event loop is.
 */
const CONFIG = {
  regulation: { enabled: false },
  units: [{ name: 'echo', kind: 'echo' }],
  limits: { handshake_timeout: 2_500, headers_timeout: 2_500, request_timeout: 5_000, sessions: 10_500 },
  websocket: { ping_interval: 500, pong_timeout: 4_000 },
};

/** How long sessions last without a connection, in ms, where nothing else is said. */
const SHORT = 3_000;

/** Series that must be back at zero when everybody has gone. */
const GAUGES = ['gateway_sessions', 'gateway_connections', 'gateway_buffered_bytes'];

/** A gateway in which faults of native and Phoenix clients are tried, with a client beside them that must go on undisturbed. */
export class ChannelGround {
  gateway!: RunningGateway;
  /** A name that no client has had before. */
  id = '';
  private count = 0;
  private bystander!: NativeClient;
  private readonly clients: ChannelClient[] = [];

  private constructor(private readonly idleTimeout: number) {}

  /**
   * Declares a test for each.
   * @param idleTimeout milliseconds after which sessions end; in the end they are waited for, if it is short
   */
  static tryAll(faults: readonly ChannelFault[], idleTimeout = SHORT): void {
    const ground = new ChannelGround(idleTimeout);
    beforeAll(() => ground.open());
    for (const { fault, run } of faults) it(fault, () => ground.survive(run));
    afterAll(() => ground.close());
  }

  private async open(): Promise<void> {
    this.gateway = await startGateway({ ...CONFIG, sessions: { idle_timeout: this.idleTimeout } });
    this.bystander = await NativeClient.join(this.gateway.wsUrl, { client_id: 'bystander', acks: true });
  }

  /** Tries one fault, and sees that nobody else has suffered from it. */
  private async survive(run: ChannelFault['run']): Promise<void> {
    this.id = `faulty-${++this.count}`;
    try {
      await run(this);
      const { messages } = this.bystander;
      const { body } = await this.publish({ payload: 'still here' }, 'bystander');
      expect(body.counts).toEqual({ delivered: 1, queued: 0, refused: 0 });
      const { sequence } = (await this.bystander.got(messages.length + 1)).at(-1)!;
      this.bystander.ack(sequence);
      expect((await this.bystander.say({ type: 'ping' })).status).toBe('ok');
    } finally {
      // One that does not read would not answer a close frame.
      for (const client of this.clients.splice(0)) {
        if (client instanceof NativeClient) client.cut();
        else client.leave();
      }
    }
    await until(async () => (await this.metric('gateway_connections')) === 1, 'the end of every connection but one');
  }

  /** Nothing is left once the last client has gone and its session has ended. */
  private async close(): Promise<void> {
    this.bystander.leave();
    const gauges = this.idleTimeout === SHORT ? GAUGES : ['gateway_connections'];
    for (const gauge of gauges) await until(async () => (await this.metric(gauge)) === 0, `${gauge} back at zero`);
    expect(await this.metric('gateway_errors_total{code="internal_error"')).toBe(0);
    await this.gateway.stop();
  }

  metric(series: string): Promise<number> {
    return metricOf(this.gateway.managementUrl, series);
  }

  publish(message: unknown, to = this.id): Promise<Published> {
    return publish(this.gateway.mcpUrl, messagesOf(to), message);
  }

  async native(hello: object = {}, url = this.gateway.wsUrl): Promise<NativeClient> {
    const who = 'resume_token' in hello ? {} : { client_id: this.id };
    return this.keep(await NativeClient.join(url, { ...who, ...hello }));
  }

  /** A socket that has not joined. */
  async socket(params: Params = {}): Promise<NativeClient> {
    return this.keep(await NativeClient.open(this.gateway.wsUrl, params));
  }

  async phoenix(payload: object = {}, params: Params = {}): Promise<PhoenixClient> {
    return this.keep(await PhoenixClient.join(this.gateway.wsUrl, { client_id: this.id, ...payload }, params));
  }

  async stream(params: Params = {}, headers: Record<string, string> = {}): Promise<EventClient> {
    return this.keep(await EventClient.open(this.gateway.sseUrl, { client_id: this.id, ...params }, headers));
  }

  keep<T extends ChannelClient>(client: T): T {
    this.clients.push(client);
    return client;
  }
}
