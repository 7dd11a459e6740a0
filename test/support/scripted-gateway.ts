import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo, Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export interface Said {
  transport: 'websocket' | 'http_sse';
  data: Record<string, any>;
}

/** One connection of a client, to be treated badly. */
export interface Peer {
  readonly transport: 'websocket' | 'http_sse';
  /** A frame of the gateway's own, or with a sequence a message. */
  send(frame: Record<string, any>): void;
  /** RST. */
  reset(): void;
  close(code: number, reason: string): void;
}

/**
 * Speaks docs/WIRE.md for one session, over real sockets, and does to its clients what a test tells it to. Positions,
 * resumption and takeover work as written; everything can be overridden.
 */
export class ScriptedGateway {
  epoch = 'e1';
  log: { id: string; type: string; payload: unknown }[] = [];
  acked = -1;
  readonly said: Said[] = [];
  readonly frames: Record<string, any>[] = [];
  readonly peers = new Set<Peer>();
  /** Error body for a hello, undefined to welcome it. */
  refuse: (said: Said) => Record<string, unknown> | undefined = () => undefined;
  /** Answer to a frame; undefined for none. */
  answer: (frame: Record<string, any>, peer: Peer) => object | undefined = ({ id, type, data }) => ({
    type: 'ack',
    id: id ?? null,
    status: 'ok',
    ...(type === 'subscribe' ? { topics: data.topics } : { routed: null }),
  });
  /** Before anything is replayed to a peer that was welcomed. */
  onWelcome: (peer: Peer) => void = () => undefined;
  /** Whether what was missed is sent at the welcome. */
  replays = true;
  /** Milliseconds that `connected` says; nothing is sent. */
  heartbeatInterval = 30_000;
  socketsRefused = false;
  streamsRefused = false;
  sockets = new Set<Socket>();
  private readonly server: Server;
  private readonly webSockets = new WebSocketServer({ noServer: true });
  private readonly streams = new Map<string, Peer>();
  private streamCount = 0;
  port = 0;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.on('connection', socket => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    });
    this.server.on('upgrade', (request, socket, head) => {
      if (this.socketsRefused) return socket.destroy();
      this.webSockets.handleUpgrade(request, socket, head, webSocket => this.receiver(webSocket, socket as Socket));
    });
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>(done => this.server.listen(port, '127.0.0.1', done));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise(done => this.server.close(done));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}/mcp/ws`;
  }

  get sseUrl(): string {
    return `http://127.0.0.1:${this.port}/mcp/sse`;
  }

  /** Appends to the log and sends to everybody connected. */
  publish(...payloads: unknown[]): void {
    for (const payload of payloads) {
      this.log.push({ id: `m${this.log.length}`, type: 'chat', payload });
      for (const peer of this.peers) peer.send(this.envelope(this.log.length - 1));
    }
  }

  envelope(sequence: number): Record<string, any> {
    return { ...this.log[sequence], sequence, timestamp: Date.now() * 1000, priority: 'normal' };
  }

  get peer(): Peer {
    const [peer] = [...this.peers].slice(-1);
    if (!peer) throw new Error('Nobody is connected.');
    return peer;
  }

  /** Of frames of this type. */
  datas(type: string): unknown[] {
    return this.frames.filter(frame => frame.type === type).map(frame => frame.data);
  }

  private receiver(webSocket: WebSocket, socket: Socket): void {
    const peer: Peer = {
      transport: 'websocket',
      send: frame => webSocket.send(JSON.stringify(frame)),
      reset: () => socket.resetAndDestroy(),
      close: (code, reason) => webSocket.close(code, reason),
    };
    webSocket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Record<string, any>;
      if (frame.type !== 'hello') {
        const answer = this.receive(frame, peer);
        if (answer) peer.send(answer);
        return;
      }
      const said: Said = { transport: 'websocket', data: frame.data };
      const error = this.refuse(said);
      if (error) {
        peer.send({ type: 'error', id: null, ...error });
        peer.close(1008, 'refused');
      } else this.welcome(peer, said);
    });
    webSocket.on('error', () => undefined).on('close', () => this.peers.delete(peer));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    if (request.method === 'GET') return this.stream(url, request, response);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const peer = this.streams.get(url.searchParams.get('stream') ?? '');
    if (!peer) return void response.writeHead(404).end('{}');
    const frames = [JSON.parse(body)].flat() as Record<string, any>[];
    const answers = frames.map(frame => this.receive(frame, peer)).filter(answer => answer !== undefined);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers));
  }

  private stream(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const data: Record<string, any> = Object.fromEntries(url.searchParams);
    if (data.last !== undefined) data.last = Number(data.last);
    const token = request.headers.authorization?.replace('Bearer ', '');
    const said: Said = { transport: 'http_sse', data: { ...data, ...(token !== undefined && { token }) } };
    const error = this.streamsRefused ? { error: 'not_found' } : this.refuse(said);
    if (error) return void response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(error));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const id = String(++this.streamCount);
    const write = (event: string, value: unknown): void =>
      void response.write(`event: ${event}\r\ndata: ${JSON.stringify(value)}\r\n\r\n`);
    const peer: Peer = {
      transport: 'http_sse',
      send: frame => {
        if ('sequence' in frame) return write((frame.event as string) ?? 'message', frame);
        if (frame.payload?.status === 'connected')
          return write('connected', { ...frame.payload, endpoint: `/mcp/sse?stream=${id}` });
        write(frame.type as string, frame.payload);
      },
      reset: () => request.socket.resetAndDestroy(),
      close: () => response.end(),
    };
    this.streams.set(id, peer);
    response.on('close', () => (this.peers.delete(peer), this.streams.delete(id)));
    this.welcome(peer, said);
  }

  private welcome(peer: Peer, said: Said): void {
    this.said.push(said);
    const { epoch, last, resume_token } = said.data;
    const known = epoch === this.epoch && last !== undefined;
    const next = known ? (last as number) + 1 : this.acked + 1;
    if (known) this.acked = Math.max(this.acked, last as number);
    if (resume_token !== undefined) {
      for (const other of this.peers) {
        other.send({ type: 'connection_status', payload: { status: 'replaced' } });
        other.close(1000, 'replaced');
      }
      this.peers.clear();
    }
    const connected = {
      status: 'connected',
      client_id: 'c1',
      session_id: 's1',
      resume_token: `t${this.said.length}`,
      epoch: this.epoch,
      next,
      resumed: resume_token !== undefined,
      heartbeat_interval: this.heartbeatInterval,
    };
    peer.send({ type: 'connection_status', payload: connected });
    if (epoch !== undefined && epoch !== this.epoch) {
      peer.send({ type: 'gap', payload: { epoch: this.epoch, next, from: null, to: null, reason: 'epoch' } });
    }
    this.peers.add(peer);
    this.onWelcome(peer);
    if (this.replays) for (let i = next; i < this.log.length; i++) peer.send(this.envelope(i));
  }

  private receive(frame: Record<string, any>, peer: Peer): object | undefined {
    this.frames.push(frame);
    if (frame.type !== 'ack') return this.answer(frame, peer);
    if (frame.epoch !== this.epoch || frame.sequence >= this.log.length) {
      return { type: 'error', id: null, error: 'invalid_ack', reason: 'invalid_ack', message: 'x', retry_after: null };
    }
    this.acked = Math.max(this.acked, frame.sequence as number);
    return undefined;
  }
}
