import { Backoff } from './backoff.js';
import { Connector } from './connector.js';
import { deferred, refused } from './deferred.js';
import { Emitter, Handler, ListenOptions } from './emitter.js';
import { freshIds } from './fresh-ids.js';
import { Handshake } from './handshake.js';
import { Link } from './link.js';
import { ResumeState } from './resume-state.js';
import { MessageStream } from './message-stream.js';
import { Status, ViableEvents, ViableOptions, ViableState } from './options.js';
import { Outbox, SendOptions } from './outbox.js';
import { Ack, ClientFrame, Connected, GatewayFrame, Priority, TransportName } from './protocol.js';
import { Receiver } from './receiver.js';
import { TransportOptions } from './transport-selector.js';
import { ViableError } from './viable-error.js';

/** Types of frames that are no messages. */
const RESERVED = new Set(['hello', 'ack', 'heartbeat', 'ping', 'subscribe', 'unsubscribe']);
/** Milliseconds that answers may take before a connection that works is left for another. */
const QUIET = 1_000;

/**
 * A client of one session. It stays connected, gives out every message once and in order, and sends what is to be sent
 * when it can. `connect()` begins, `close()` ends it for good.
 */
export class ViableClient {
  private status: Status = { state: 'idle' };
  private readonly emitter: Emitter<ViableEvents>;
  private readonly memory: ResumeState;
  private readonly outbox: Outbox;
  private readonly receiver: Receiver;
  private readonly connector: Connector;
  private readonly greeting: Handshake;
  private readonly streams = new Set<MessageStream>();
  private readonly nextId = freshIds();
  private readonly cleanups: (() => void)[] = [];
  private readonly opened = deferred<void>();

  /** @throws ViableError `transport_unavailable` where nothing of what is given can be connected to */
  constructor(private readonly options: ViableOptions) {
    this.emitter = new Emitter((cause, event) => {
      const error = new ViableError('handler_failed', `A handler of ${event} failed: ${String(cause)}`, null, cause);
      if (event !== 'error') this.tell(error);
    });
    this.memory = new ResumeState(options.clientId, options.storage, cause =>
      this.tell(new ViableError('storage_failed', String(cause), null, cause)),
    );
    this.greeting = new Handshake(options, this.memory);
    this.outbox = new Outbox(options.offlineQueue ?? 1_000);
    this.receiver = new Receiver(this.memory, options.inbox ?? 1_000, {
      ready: () => this.emitter.has('message'),
      message: envelope => this.emitter.emit('message', envelope),
      gap: gap => this.emitter.emit('gap', gap),
      link: () => this.connector.link,
      again: why => this.connector.again(why),
    });
    const transports = new TransportOptions(options);
    this.connector = new Connector(
      (transport, events) => transports.wire(transport, events),
      transports.selector,
      new Backoff({ base: 50, max: 5_000, ...options.backoff }),
      {
        heartbeat: options.heartbeat ?? 25_000,
        joinTimeout: options.joinTimeout ?? 10_000,
        wayBack: options.wayBack ?? 30_000,
      },
      {
        hello: wanted =>
          this.greeting.hello(async () => {
            if (!wanted()) throw new ViableError('closed');
            // Before another connection takes over: answers come where they were asked for.
            await this.outbox.hold(QUIET);
            this.receiver.flush();
          }),
        open: (link, connected, from) => this.welcomed(link, connected, from),
        frame: (link, frame) => this.take(link, frame),
        down: end => {
          if (end.code === 1009) this.outbox.failLargest(new ViableError('message_too_large'));
          this.receiver.lost();
          this.outbox.offline();
        },
        waiting: (retryIn, error) => this.become({ state: 'waiting', retryIn, error }),
        connecting: transport => this.become({ state: 'connecting', transport }),
        forgetToken: () => this.greeting.forgetToken(),
        askAnew: () => this.greeting.askAnew(),
        stopped: error => this.finish(error),
        stayed: () => this.outbox.release(),
      },
    );
  }

  get state(): ViableState {
    return this.status.state;
  }

  /** Of the connection in use. */
  get transport(): TransportName | undefined {
    return this.connector.link?.transport;
  }

  /** @returns what ends the listening */
  on<Name extends keyof ViableEvents>(
    name: Name,
    handler: Handler<ViableEvents[Name]>,
    options?: ListenOptions,
  ): () => void {
    const off = this.emitter.on(name, handler, options);
    this.receiver.pump();
    return off;
  }

  /**
   * Messages for `for await`, until the signal or the client ends it.
   * @throws ViableError from the loop, where the gateway ended the client for good
   */
  messages({ signal }: ListenOptions = {}): MessageStream {
    const abort = (): void => stream.end();
    const stream: MessageStream = new MessageStream(
      handler => this.on('message', handler),
      () => {
        this.streams.delete(stream);
        signal?.removeEventListener('abort', abort);
      },
    );
    this.streams.add(stream);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted || this.state === 'closed') stream.end();
    return stream;
  }

  /**
   * Begins, the first time it is called.
   * @returns fulfilled at the first connection, however many attempts that takes; rejected where there will be none
   */
  connect(): Promise<void> {
    if (this.state !== 'idle') return this.opened.promise;
    const { signal } = this.options;
    const abort = (): void => this.finish(new ViableError('closed', 'The signal was aborted.', null, signal?.reason));
    if (signal?.aborted) abort();
    else void this.begin(abort);
    return this.opened.promise;
  }

  /**
   * Sends a message, now or when there is a connection.
   * @returns what the gateway answers; rejected exactly as `Outbox.add` says. Nobody needs to wait for it.
   */
  send(type: string, data?: unknown, options: SendOptions & { id?: string; priority?: Priority } = {}): Promise<Ack> {
    const { id, priority } = options;
    if (RESERVED.has(type)) return refused(new ViableError('invalid_message', `${type} is no type of messages.`));
    return this.add({ type, data, ...(id !== undefined && { id }), ...(priority && { priority }) }, options);
  }

  /** @returns all topics of the session */
  subscribe(topics: string | readonly string[], options?: SendOptions): Promise<readonly string[]> {
    return this.change('subscribe', topics, options);
  }

  /** @returns all topics of the session */
  unsubscribe(topics: string | readonly string[], options?: SendOptions): Promise<readonly string[]> {
    return this.change('unsubscribe', topics, options);
  }

  /**
   * Comes by this transport from now on, beside the connection in use until the new one is welcomed. `switched` says
   * when; where it does not come about, the old one stays.
   * @throws ViableError `transport_unavailable` where there is no way to it, `closed`
   */
  switchTo(transport: TransportName): void {
    if (this.state === 'closed') throw new ViableError('closed');
    if (!this.connector.selector.has(transport)) throw new ViableError('transport_unavailable');
    this.connector.selector.prefer(transport);
    if (this.state !== 'idle') this.connector.switchTo(transport);
  }

  /** Acknowledges what was dispatched and ends everything; what was not settled is rejected with `closed`. */
  close(): void {
    this.finish(new ViableError('closed', 'The client was closed.'));
  }

  private async begin(abort: () => void): Promise<void> {
    this.become({ state: 'connecting' });
    const { signal } = this.options;
    signal?.addEventListener('abort', abort);
    const page = globalThis as unknown as Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>;
    const online = (): void => this.connector.attempt();
    page.addEventListener?.('online', online);
    this.cleanups.push(
      () => signal?.removeEventListener('abort', abort),
      () => page.removeEventListener?.('online', online),
    );
    await this.memory.load();
    this.receiver.start();
    this.connector.attempt();
  }

  private welcomed(link: Link, connected: Connected, from: TransportName | undefined): void {
    this.greeting.welcomed();
    this.receiver.welcomed(connected);
    this.memory.token = connected.resume_token ?? this.memory.token;
    this.memory.save();
    this.become({ state: 'open', transport: link.transport });
    if (from && from !== link.transport) void this.emitter.emit('switched', { from, to: link.transport });
    this.outbox.online(frame => link.send(frame));
    this.opened.resolve();
  }

  private take(link: Link, frame: GatewayFrame): void {
    switch (frame.kind) {
      case 'message':
        return this.receiver.message(link, frame.envelope);
      case 'gap':
        return this.receiver.gap(frame.gap);
      case 'answer':
        return this.answer(frame.id, frame.error ?? frame.ack);
      case 'notice':
        return this.notice(frame.type, frame.payload);
      case 'invalid':
        return this.tell(new ViableError('invalid_frame', frame.why));
    }
  }

  private answer(id: string | null, answer: Ack | ViableError | undefined): void {
    const known = id !== null && answer !== undefined && this.outbox.settle(id, answer);
    if (!known && answer instanceof ViableError) this.tell(answer);
  }

  private notice(type: string, payload: unknown): void {
    if (type === 'connection_status') {
      const status = (payload ?? {}) as ViableEvents['connection_status'];
      void this.emitter.emit('connection_status', status);
      if (status.status === 'switch') this.told(status);
    } else if (type === 'vsm_update' || type === 'presence' || type === 'shutdown') {
      void this.emitter.emit(type, payload);
    }
  }

  /** Where the application has chosen a transport, that stands. */
  private told({ to, retry }: ViableEvents['connection_status']): void {
    const transport = to as TransportName;
    if (this.connector.selector.has(transport)) this.connector.switchLater(transport, retry ?? 0);
  }

  private add(frame: Omit<ClientFrame, 'id'> & { id?: string }, options?: SendOptions): Promise<Ack> {
    if (this.state === 'closed') return refused(this.status.error);
    return this.outbox.add({ ...frame, id: frame.id ?? this.nextId() }, options);
  }

  private async change(
    type: 'subscribe' | 'unsubscribe',
    topics: string | readonly string[],
    options?: SendOptions,
  ): Promise<readonly string[]> {
    const names = typeof topics === 'string' ? [topics] : topics;
    const ack = await this.add({ type, data: { topics: names } }, options);
    const others = this.greeting.topics.filter(topic => !names.includes(topic));
    this.greeting.topics = ack.topics ?? (type === 'subscribe' ? [...others, ...names] : others);
    return this.greeting.topics;
  }

  private become(status: Status): void {
    this.status = status;
    void this.emitter.emit('status', status);
  }

  private tell(error: ViableError): void {
    void this.emitter.emit('error', error);
  }

  private finish(error: ViableError): void {
    if (this.state === 'closed') return;
    this.receiver.close();
    this.memory.save();
    this.connector.stop();
    for (const cleanup of this.cleanups) cleanup();
    this.become({ state: 'closed', error });
    this.outbox.close(error);
    this.opened.reject(error);
    for (const stream of [...this.streams]) stream.end(error.code === 'closed' ? undefined : error);
    this.emitter.clear();
  }
}
