import { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { GatewayError, toGatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { HeartbeatTarget } from '../http/heartbeat-timer.js';
import { UnverifiedRequest } from '../http/caller.js';
import { PushLimits, PushSocketHandler } from './push-socket-handler.js';
import { protocolOfFrame, isHello } from './subprotocol.js';
import { errorFrame } from './error-frame.js';
import { DetectionLife, DetectionState, Received } from './detection-state.js';
import { SocketHandler } from './socket-handler.js';
import { McpSocketHandler } from './mcp-socket-handler.js';

/** An accepted socket and whose it says it is. */
export interface Peer {
  socket: WebSocket;
  /** The socket below. */
  raw: Socket;
  visitor: UnverifiedRequest;
  /** When it was accepted, milliseconds since the epoch. */
  since: number;
}

/** The door, as a connection sees it that has not said yet what it speaks. */
export interface Decision {
  readonly limits: PushLimits;
  /** From now on the line that is returned has the socket. */
  channel(peer: Peer, protocol: 'native' | 'phoenix'): PushSocketHandler;
  /**
   * The same, once its caller is known and a session is open.
   * @throws GatewayError as `Authenticator` and `McpInbound.open` do
   */
  mcp(peer: Peer): Promise<McpSocketHandler>;
  /** Nothing is to be decided about this one any more. */
  decided(socketHandler: ProtocolDetection): void;
  refused(error: GatewayError): void;
}

/** Milliseconds after which a client that named itself in its URL and says nothing is taken to speak native. */
const SILENCE = 250;
/** Bytes that the heads of frames may add to what they carry. */
const FRAMING = 4_096;
/** What may come while a session is being opened. The socket is not read then: only what it held already comes. */
const WAITING = { frames: 1_024, bytes: 1024 * 1024 };

/** A connection that is held until its first frame says what it speaks. Nobody has asked yet who it is. */
export class ProtocolDetection extends SocketHandler implements HeartbeatTarget {
  /** Bytes that came before the first frame. */
  private readonly head: number;
  private readonly life = new DetectionLife();

  constructor(
    private readonly peer: Peer,
    private readonly door: Decision,
  ) {
    super();
    this.head = peer.raw.bytesRead;
  }

  receive(data: Buffer, isBinary: boolean): void {
    const { state } = this.life;
    switch (state.is) {
      case 'opening':
        return this.wait(state, { data, isBinary });
      case 'listening':
      case 'presumed':
        return this.first(data, isBinary);
      case 'settled':
      case 'gone':
    }
  }

  gone(): void {
    if (this.life.state.is === 'gone') return;
    this.life.go();
    this.door.decided(this);
  }

  beat(now: number): void {
    try {
      this.look(now);
    } catch (thrown) {
      this.settle();
      this.door.decided(this);
      this.door.refused(toGatewayError(thrown));
      this.peer.socket.terminate();
    }
  }

  /** Its first frame says what it speaks. */
  private first(data: Buffer, isBinary: boolean): void {
    this.door.decided(this);
    if (data.length > this.door.limits.maxChannelFrame) return this.refuseSize();
    const socketProtocol = protocolOfFrame(data, isBinary);
    if (socketProtocol === 'mcp') return void this.open(this.life.open({ data, isBinary }));
    this.life.settle();
    this.begin(socketProtocol, data, isBinary);
  }

  /** Who is named in the URL, and does not say hello, means to have joined. */
  private begin(socketProtocol: 'native' | 'phoenix', data: Buffer, isBinary: boolean): void {
    const socketHandler = this.door.channel(this.peer, socketProtocol);
    if (socketProtocol === 'native' && this.named && !isHello(data)) socketHandler.joinRequest();
    socketHandler.receive(data, isBinary);
  }

  private get named(): boolean {
    const { searchParams } = this.peer.visitor.url;
    return searchParams.has('client_id') || searchParams.has('resume_token');
  }

  private look(now: number): void {
    const { raw, since } = this.peer;
    const silent = now - since;
    // An opening word is short: whoever sends more of it than that is to fill our memory unseen.
    const flooded = raw.bytesRead - this.head > this.door.limits.maxChannelFrame + FRAMING;
    const late = silent > this.door.limits.handshakeTimeout;
    if (!flooded && !late && !(this.named && silent >= SILENCE)) return;
    this.door.decided(this);
    if (flooded) this.refuseSize();
    else if (this.named) this.presume();
    else this.refuse(new GatewayError('handshake_timeout'), errorFrame);
  }

  /** What had come while we were busy elsewhere is read first: perhaps it is the first frame. */
  private presume(): void {
    this.life.presume();
    setImmediate(() => {
      if (this.life.state.is !== 'presumed') return;
      this.life.settle();
      this.door.channel(this.peer, 'native').joinRequest();
    });
  }

  private wait(opening: Extract<DetectionState, { is: 'opening' }>, received: Received): void {
    opening.bytes += received.data.length;
    opening.waiting.push(received);
    if (opening.waiting.length > WAITING.frames || opening.bytes > WAITING.bytes)
      this.peer.socket.close(1013, 'overloaded');
  }

  private async open(waiting: Received[]): Promise<void> {
    this.peer.socket.pause();
    try {
      const socketHandler = await this.door.mcp(this.peer);
      if (this.life.state.is === 'gone') return socketHandler.gone();
      this.life.settle();
      for (const { data, isBinary } of waiting) {
        if (this.peer.socket.readyState === WebSocket.OPEN) socketHandler.receive(data, isBinary);
      }
    } catch (thrown) {
      const id = idOf(waiting[0]!.data);
      this.refuse(toGatewayError(thrown), error => JsonRpcMessage.error(id, error).text);
    } finally {
      waiting.length = 0;
      this.peer.socket.resume();
    }
  }

  private refuse(error: GatewayError, frame: (error: GatewayError) => string): void {
    this.settle();
    this.door.refused(error);
    if (this.peer.socket.readyState === WebSocket.OPEN) this.peer.socket.send(frame(error));
    this.peer.socket.close(1008, 'refused');
  }

  /** Nothing is to be decided any more. */
  private settle(): void {
    if (this.life.state.is !== 'settled' && this.life.state.is !== 'gone') this.life.settle();
  }

  private refuseSize(): void {
    this.settle();
    this.peer.socket.close(1009, 'frame_too_large');
  }
}

/** JSON text of the id of a request, so that whoever made it learns that it was refused; else empty. */
function idOf(data: Buffer): string {
  try {
    return JsonRpcMessage.parse(data.toString('utf8')).id;
  } catch {
    return '';
  }
}
