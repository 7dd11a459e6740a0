import { TransportName } from './connection.js';
import { Draft } from './envelope.js';
import { ErrorCode } from '../errors.js';
import { Principal } from './access.js';

/** To whom: clients that meet everything that is given. */
export interface Audience {
  /** Client ids. */
  include?: readonly string[];
  exclude?: readonly string[];
  role?: string;
  scope?: string;
  topic?: string;
}

export interface PublishOptions {
  /** Milliseconds to wait for those who get it to confirm it; 0 answers as soon as it was tried. */
  timeout?: number;
  /** `auto`: whatever serves the session. */
  transport?: 'auto' | TransportName;
  /** Who publishes; ids of one publisher do not get in the way of another's. */
  publisher?: Principal;
}

export type DeliveryStatus = 'delivered' | 'queued' | 'refused';

/** What became of a message for one session. */
export interface Receipt {
  client_id: string;
  session: string;
  status: DeliveryStatus;
  reason?: ErrorCode;
  sequence?: number;
}

export interface Publication {
  /** Of the message. */
  id: string;
  results: readonly Receipt[];
  counts: Record<DeliveryStatus, number>;
  /** Whether this id was published before, and this is what became of it then. */
  repeated?: true;
}

/** Publishes to clients, whoever wants to: the HTTP doors, units, code in the same application. */
export abstract class PublishPort {
  /**
   * @throws GatewayError `client_not_found` where `include` names clients and none of them has a session;
   *   `message_too_large`, `draining`
   */
  abstract publish(audience: Audience, draft: Draft, options?: PublishOptions): Promise<Publication>;
}
