import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { Budget } from '../../kernel/budget.js';
import { PushSocket } from './push-socket.js';

describe('PushSocket', () => {
  const socket = {
    readyState: WebSocket.OPEN,
    bufferedAmount: 2e6,
    pause: jest.fn(),
    resume: jest.fn(),
    ping: jest.fn(),
    terminate: jest.fn(),
  };
  let pushConnection: PushSocket;
  beforeEach(() => {
    jest.clearAllMocks();
    jest.useFakeTimers({ now: 0 });
    const heartbeat = { pingInterval: 30_000, pongTimeout: 10_000 };
    pushConnection = new PushSocket(socket as unknown as WebSocket, {} as Duplex, heartbeat, new Budget(1e9));
  });
  afterEach(() => jest.useRealTimers());

  it('gives up a peer that does not answer a ping in time', () => {
    pushConnection.beat(30_000);
    expect(socket.ping).toHaveBeenCalledTimes(1);
    pushConnection.beat(40_000);
    expect(socket.terminate).not.toHaveBeenCalled();
    pushConnection.beat(40_001);
    expect(socket.terminate).toHaveBeenCalledTimes(1);
  });

  it('gives one that is not read because it takes nothing as long, however much it goes on saying', () => {
    pushConnection.hold();
    expect(socket.pause).toHaveBeenCalled();
    pushConnection.beat(30_000);
    jest.setSystemTime(35_000);
    pushConnection.hold();
    pushConnection.heard();
    pushConnection.beat(40_000);
    expect(socket.terminate).not.toHaveBeenCalled();
    pushConnection.beat(40_001);
    expect(socket.terminate).toHaveBeenCalledTimes(1);
  });
});
