import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Connection } from '../../kernel/ports/connection.js';
import { Unit } from '../../kernel/ports/unit.js';
import { Ask } from './call.js';

/** For whom an upstream session is: a client's session, or all that share it. */
export interface UpstreamOwner {
  /** For logs. */
  readonly label: string;
  /** Which instance it should be, where the choice is free. */
  readonly affinity: string;
  /** Where messages go that relate to no call. */
  readonly home: Connection;
  /** Milliseconds since the epoch. */
  readonly lastActiveAt: number;
  /** Whether several clients use the upstream session. */
  readonly shared: boolean;
  /** Whether it goes on when the unit has lost what it knew. */
  readonly survives: boolean;
  /** Whether a link may be taken and replaced without anybody noticing. */
  readonly renewable: boolean;
  /** By what the client is known to limits whose calls have this scope; '' for the owner itself. */
  clientOf(scope: string): string;
  /** A sign of life that counts for the owner. */
  touch(): void;
  /** The unit has answered `initialize`; called before anything that the unit says after it. */
  opened(answer: JsonRpcMessage): void;
  /** A message of the unit to a client: which one, and where it relates to. */
  notified(unit: Unit, frame: JsonRpcMessage, where: Ask): void;
  /** The link is gone, and so is what the unit kept with it. Calls have been answered or wait for the next link. */
  lost(why: GatewayError): void;
  /** The pool took the lease back. */
  reclaimed(): void;
}
