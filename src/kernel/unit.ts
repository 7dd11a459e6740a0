import { Frame } from './frame.js';
import { GatewayError } from './errors.js';

/** Where what a unit says goes: handed over when a link is opened. */
export interface ReplySink {
  /**
   * @param inReplyTo id (JSON text) of the request on whose stream the frame came, where the wire tells
   */
  receive(frame: Frame, inReplyTo?: string): void;
  /** The link is gone and will say nothing more. Called once, and not after `close()`. */
  ended(why: GatewayError): void;
}

/** A live link to an instance: an upstream session, or one child process. */
export abstract class UnitLink {
  /** @throws GatewayError `unit_unavailable` when the link is closed or cannot take more */
  abstract send(frame: Frame): void;
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
  /**
   * @param signal aborted when nobody wants the link any more; opening must not outlast it
   * @throws GatewayError `unit_unavailable`, or the reason of the signal
   */
  abstract open(sink: ReplySink, signal: AbortSignal): Promise<UnitLink>;
}

/** Something that does work, and where. */
export interface Unit {
  readonly name: string;
  readonly instances: readonly Instance[];
  /** How many leases each instance may have out, and how many more under pressure. */
  readonly size: number;
  readonly overflow: number;
}
