import { JsonRpcMessage } from '../json-rpc/message.js';
import { GatewayError } from '../errors.js';

/** Where what a unit says goes: handed over when a link is opened. */
export interface ReplySink {
  /**
   * @param inReplyTo id (JSON text) of the request on whose stream the frame came, where the wire tells
   */
  receive(frame: JsonRpcMessage, inReplyTo?: string): void;
  /**
   * The link cannot carry this request to its end, but goes on.
   * @param id of the request (JSON text)
   * @param why `unit_unavailable`: it was provably not sent; anything else: nobody knows what became of it
   */
  failed(id: string, why: GatewayError): void;
  /**
   * The link is gone and will say nothing more. Called once, and not after `close()`.
   * @param why `session_expired`: the unit has forgotten the session, but is there
   * @param unsent id of the request that provably was not carried out
   */
  ended(why: GatewayError, unsent?: string): void;
}

/** A live link to an instance: an upstream session, or one child process. */
export abstract class UnitLink {
  /** @throws GatewayError `unit_unavailable` when the link is closed or cannot take more */
  abstract send(frame: JsonRpcMessage): void;
  /** The protocol version that unit and client agreed on; HTTP links say it with each request. */
  negotiated(_version: string): void {}
  /** Ends the link and whatever it holds; resolves when nothing is left of it. */
  abstract close(): Promise<void>;
}

/** One place where a unit runs; for stdio, a slot that spawns children. */
export abstract class Instance {
  abstract readonly id: string;
  abstract readonly unit: string;
  readonly weight: number = 1;
  /** Whether each link is a process of its own, whose death says nothing of the others. */
  readonly isolated: boolean = false;
  /**
   * @param signal aborted when nobody wants the link any more; opening must not outlast it
   * @throws GatewayError `unit_unavailable`, or the reason of the signal
   */
  abstract open(sink: ReplySink, signal: AbortSignal): Promise<UnitLink>;
}

/** How the instances of a unit share the work: by key, in turn, or by what each has to do. */
export type BalanceName = 'ring' | 'round_robin' | 'least_loaded';

/** Whether each session has leases of its own, or all sessions use the same. */
export type LeaseKind = 'exclusive' | 'shared';

/** Something that does work, and where. */
export interface Unit {
  readonly name: string;
  /** Those in service now: read it anew instead of keeping the array. */
  readonly instances: readonly Instance[];
  /** How many leases each instance may have out, and how many more under pressure. */
  readonly size: number;
  readonly overflow: number;
  /** It keeps nothing per session: an upstream session that is lost can be opened anew, also at another instance. */
  readonly stateless: boolean;
  /** Its hints that a tool only reads, or may be called again, are believed. */
  readonly trusted: boolean;
  readonly lease: LeaseKind;
  readonly balance: BalanceName;
  /**
   * Names of its tools and prompts, and what those are called for clients that see several units. A plain object: a name
   * that comes from outside is looked up with `Object.hasOwn`.
   */
  readonly aliases: Readonly<Record<string, string>>;
}

/** A unit as the one who may change it sees it: the router, when instances come and go. */
export interface LiveUnit extends Omit<Unit, 'instances'> {
  instances: readonly Instance[];
}
