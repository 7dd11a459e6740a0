import { OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { WebSocketHandler } from './websocket-handler.js';

/** Where Nest hands over an accepted socket; from here on plain code carries the messages. */
@WebSocketGateway({ path: '/mcp/ws' })
export class SocketGateway implements OnGatewayConnection<WebSocket> {
  constructor(private readonly door: WebSocketHandler) {}

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    this.door.accept(socket, request);
  }
}
