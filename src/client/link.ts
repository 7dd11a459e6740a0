import { writeFrame } from './frames.js';
import { Connected, GatewayFrame, Hello, TransportName, WrittenFrame } from './protocol.js';
import { ViableError } from './viable-error.js';
import { Wire, WireEnd, WireEvents } from './wire.js';

export interface LinkSettings {
  /** Milliseconds between heartbeats. */
  heartbeat: number;
  /** Milliseconds in which the gateway must have said `connected`. */
  joinTimeout: number;
}

/** How a link ended. */
export interface LinkEnd extends WireEnd {
  /** Milliseconds that the gateway asked to stay away for. */
  retryAfter: number | null;
}

export interface LinkEvents {
  welcome(link: Link, connected: Connected): void;
  /** Everything after the welcome but the welcome itself. */
  frame(link: Link, frame: GatewayFrame): void;
  ended(link: Link, end: LinkEnd): void;
}

/** Milliseconds between the heartbeats of an event stream, where the gateway does not say. */
const STREAM_HEARTBEAT = 30_000;
const HEARTBEAT = writeFrame({ type: 'heartbeat' });

/** One connection from its hello to its end: it joins in time, or ends; it is heard from, or ends. */
export class Link {
  /** Of the messages that come now. */
  epoch = '';
  /** Sequence of the first message it was to get. */
  first = 0;
  welcomed = false;
  /** Whether the gateway may have seen the hello. */
  greeted = false;
  readonly transport: TransportName;
  private readonly wire: Wire;
  private retryAfter: number | null = null;
  private replaced = false;
  private lastError: ViableError | undefined;
  private heard = false;
  private done = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    wireFor: (events: WireEvents) => Wire,
    private readonly settings: LinkSettings,
    private readonly events: LinkEvents,
  ) {
    this.wire = wireFor({
      frame: frame => this.take(frame),
      heard: () => {
        this.heard = true;
      },
      ended: end => this.end(end),
    });
    this.transport = this.wire.transport;
  }

  /** @param hello called when it is to be said, and not before */
  open(hello: () => Promise<Hello>): void {
    this.timer = setTimeout(
      () => this.end({ error: new ViableError('connection_failed', 'The gateway did not answer in time.') }),
      this.settings.joinTimeout,
    );
    this.wire.open(async () => {
      const data = await hello();
      this.greeted = true;
      return data;
    });
  }

  send(frame: WrittenFrame): void {
    if (this.welcomed && !this.done) this.wire.send(frame);
  }

  /** Tells nothing any more. */
  close(): void {
    if (this.done) return;
    this.done = true;
    clearTimeout(this.timer);
    this.wire.close();
  }

  /** Closes, and tells so. */
  end(end: WireEnd): void {
    if (this.done) return;
    this.close();
    const said = end.error ?? (end.code === 1008 ? this.lastError : undefined);
    // However the network told of it, that is what happened.
    const error = this.replaced ? undefined : said;
    const retryAfter = this.retryAfter ?? error?.retryAfter ?? null;
    const reason = this.replaced ? 'replaced' : end.reason;
    this.events.ended(this, { ...end, reason, error, retryAfter });
  }

  private take(frame: GatewayFrame): void {
    if (this.done) return;
    if (frame.kind === 'connected') return this.welcome(frame.connected);
    if (!this.welcomed) return this.refused(frame);
    if (frame.kind === 'gap') this.epoch = frame.gap.epoch;
    if (frame.kind === 'answer' && frame.id === null && frame.error) this.lastError = frame.error;
    if (frame.kind === 'notice') this.note(frame.type, frame.payload);
    this.events.frame(this, frame);
  }

  private welcome(connected: Connected): void {
    if (this.welcomed) return;
    this.welcomed = true;
    this.epoch = connected.epoch;
    this.first = connected.next;
    clearTimeout(this.timer);
    this.watch(connected.heartbeat_interval ?? 0);
    this.events.welcome(this, connected);
  }

  private refused(frame: GatewayFrame): void {
    if (frame.kind === 'answer' && frame.error) this.end({ error: frame.error });
    else if (frame.kind === 'invalid') this.end({ error: new ViableError('invalid_frame', frame.why) });
    else if (frame.kind === 'notice') this.note(frame.type, frame.payload);
  }

  private note(type: string, payload: unknown): void {
    const { retry, status } = (payload ?? {}) as { retry?: unknown; status?: unknown };
    if (type === 'shutdown' && typeof retry === 'number') this.retryAfter = retry;
    if (type === 'connection_status' && status === 'replaced') this.replaced = true;
  }

  /**
   * Sends heartbeats, and gives the connection up where nothing came for two of them. Beats are counted and not
   * milliseconds: browsers slow the timers of pages in the background down. Answers to what an event stream sends come
   * another way, so there it is the gateway's beat that counts.
   */
  private watch(interval: number): void {
    const heartbeat = Math.min(this.settings.heartbeat, interval > 0 ? Math.max(interval, 1_000) : Infinity);
    const theirs = this.transport === 'http_sse' ? interval || STREAM_HEARTBEAT : 0;
    const allowed = Math.ceil((2 * Math.max(heartbeat, theirs)) / heartbeat);
    let silent = 0;
    const beat = (): void => {
      silent = this.heard ? 0 : silent + 1;
      if (silent >= allowed) return this.end({ error: new ViableError('connection_lost', 'The gateway fell silent.') });
      this.heard = false;
      this.send(HEARTBEAT);
      this.timer = setTimeout(beat, heartbeat);
    };
    this.timer = setTimeout(beat, heartbeat);
  }
}
