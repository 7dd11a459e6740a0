import { WebSocket } from 'ws';

/** What is at the other end of an accepted socket for the door: one thing at first, another once it has spoken. */
export abstract class SocketHandler {
  abstract receive(data: Buffer, isBinary: boolean): void;
  /** The socket is closed; `abnormal` where no close frame came (RFC 6455 §7.1.5, 1006). */
  abstract gone(abnormal?: boolean): void;
  /** It answered a ping. */
  pong(): void {}
}

const LINE = Symbol('line');

type Lined = WebSocket & { [LINE]?: SocketHandler };

/**
 * Joins sockets to their lines. The handlers are the same for all sockets, and what they need hangs on the socket: with
 * ten thousand idle ones a few closures each are many megabytes.
 */
export class SocketHandlers {
  private readonly onMessage: (this: Lined, data: Buffer, isBinary: boolean) => void;
  private readonly onClose: (this: Lined, code: number) => void;

  /**
   * @param onCrash is told what a line threw, which none should; its socket is cut off then
   * @param onClose hears of each socket that is closed
   */
  constructor(onCrash: (thrown: unknown) => void, onClose: () => void) {
    this.onMessage = function (data, isBinary) {
      if (this.readyState !== WebSocket.OPEN) return;
      try {
        this[LINE]?.receive(data, isBinary);
      } catch (thrown) {
        onCrash(thrown);
        this.terminate();
      }
    };
    this.onClose = function (code) {
      onClose();
      try {
        this[LINE]?.gone(code === 1006);
      } catch (thrown) {
        onCrash(thrown);
      }
      this[LINE] = undefined;
    };
  }

  /** From now on what comes from this socket is for this line. */
  connect(socket: WebSocket, socketHandler: SocketHandler): void {
    const known = (socket as Lined)[LINE] !== undefined;
    (socket as Lined)[LINE] = socketHandler;
    if (known) return;
    socket.on('message', this.onMessage);
    socket.on('close', this.onClose);
    socket.on('pong', onPong);
    socket.on('error', onError);
  }
}

function onPong(this: Lined): void {
  this[LINE]?.pong();
}

/** A frame that breaks RFC 6455: ws has sent the close frame with its code, and cuts the socket off if no answer comes. */
function onError(): void {}
