export type { Handler, ListenOptions } from './emitter.js';
export type { ViableStorage } from './resume-state.js';
export type { MessageStream } from './message-stream.js';
export type { Status, ViableEvents, ViableOptions, ViableState } from './options.js';
export type { SendOptions } from './outbox.js';
export type { Ack, Envelope, Gap, HelloExtras, Presence, Priority, TransportName } from './protocol.js';
export type { SocketConstructor, SocketLike } from './socket-wire.js';
export { ViableClient } from './viable-client.js';
export { ViableError } from './viable-error.js';
