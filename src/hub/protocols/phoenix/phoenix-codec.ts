import { Entry } from '../../../kernel/ports/envelope.js';
import { GatewayError, toGatewayError } from '../../../kernel/errors.js';
import { Codec, Inbound } from '../codec.js';
import { readJoinRequest } from '../join-request.js';
import { isObject, JsonObject } from '../json-object.js';
import { wrong } from '../name-list.js';
import { errorBody } from '../error-body.js';
import { readAck, readMessage, readTopics, readType } from '../client-message.js';
import { readBinaryPush } from './binary-push.js';
import { Form, PhoenixFrame, readTextFrame, Ref, writeFrame, writeHead, writeTail } from './phoenix-frame.js';

/** The one topic of the gateway's channel. */
export const GATEWAY_TOPIC = 'mcp:gateway';
/** Where a Phoenix client sends its heartbeats. */
const SOCKET_TOPIC = 'phoenix';

/** What a reply takes over from the frame that it answers. */
export type PhoenixRef = Pick<PhoenixFrame, 'form' | 'joinRef' | 'ref' | 'topic'>;

/**
 * Phoenix channels. A reply has the form of what it answers, a push that of the last frame read. Pushes carry the
 * join_ref of the join that was welcomed last, by which a client drops those of an earlier one: for a join on top of
 * another, send `farewell()` before `welcome(…)`. A push without a ref waits for no reply: its ref is undefined.
 */
export class PhoenixCodec implements Codec<PhoenixRef | undefined> {
  private form: Form = 'v2';
  private joinRef: Ref = null;
  private joined = false;
  /** Of the last join that was read, be it welcomed, refused or still undecided. */
  private askedRef: Ref = null;
  private head = writeHead('v2', null, null, GATEWAY_TOPIC, 'message');
  private tail = writeTail('v2');

  decode(data: string | Uint8Array): Inbound<PhoenixRef | undefined> {
    let ref: PhoenixRef = { form: this.form, joinRef: null, ref: null, topic: GATEWAY_TOPIC };
    try {
      const frame = typeof data === 'string' ? readTextFrame(data) : readBinaryPush(data);
      ref = { form: frame.form, joinRef: frame.joinRef, ref: frame.ref, topic: frame.topic };
      if (frame.form !== this.form) this.shape(frame.form, this.joinRef);
      return this.read(frame, ref);
    } catch (thrown) {
      return { kind: 'invalid', ref, error: toGatewayError(thrown) };
    }
  }

  message({ message, sequence }: Entry, _epoch: string): string {
    const head = message.event === 'message' ? this.head : this.headOf(message.event);
    return head + message.envelope(sequence) + this.tail;
  }

  status(type: string, payload: string): string {
    return this.headOf(type) + payload + this.tail;
  }

  accept(ref: PhoenixRef | undefined, response: object): string {
    return ref ? reply(ref, 'ok', response) : '';
  }

  refuse(ref: PhoenixRef | undefined, error: GatewayError): string {
    const to = ref ?? { form: this.form, joinRef: this.joinRef, ref: null, topic: GATEWAY_TOPIC };
    const body = errorBody(error);
    if (error.code !== 'unmatched_topic') return reply(to, 'error', body);
    return reply({ ...to, joinRef: null }, 'error', { ...body, reason: 'unmatched topic' });
  }

  welcome(ref: PhoenixRef | undefined, response: object): string {
    this.joined = true;
    this.shape(this.form, ref?.joinRef ?? null);
    return this.accept(ref, response);
  }

  /** Empty before the first `welcome(…)`: there is no channel yet. */
  farewell(): string {
    if (!this.joined) return '';
    return writeFrame(this.form, this.joinRef, this.joinRef, GATEWAY_TOPIC, 'phx_close', '{}');
  }

  private read(frame: PhoenixFrame, to: PhoenixRef): Inbound<PhoenixRef | undefined> {
    const ref = frame.ref === null ? undefined : to;
    if (frame.topic === SOCKET_TOPIC && frame.event === 'heartbeat') return { kind: 'heartbeat', ref };
    if (frame.topic !== GATEWAY_TOPIC) throw new GatewayError('unmatched_topic');
    if (frame.event.startsWith('phx_')) return this.readControl(frame, ref);
    return readPush(frame, ref);
  }

  private readControl(frame: PhoenixFrame, ref: PhoenixRef | undefined): Inbound<PhoenixRef | undefined> {
    if (frame.event === 'phx_join' && ref && frame.payload !== undefined) {
      this.askedRef = frame.joinRef;
      return { kind: 'join', ref, joinRequest: readJoinRequest(objectOf(frame)) };
    }
    // A leave of an earlier join has nothing left to end; it must not end the present one.
    if (frame.event === 'phx_leave') return { kind: this.isStale(frame.joinRef) ? 'heartbeat' : 'leave', ref };
    throw new GatewayError('invalid_frame', 'Of phx_ events only phx_join, with a ref, and phx_leave are taken.');
  }

  private isStale(joinRef: Ref): boolean {
    return joinRef !== null && this.askedRef !== null && String(joinRef) !== String(this.askedRef);
  }

  private headOf(event: string): string {
    return writeHead(this.form, this.joinRef, null, GATEWAY_TOPIC, event);
  }

  private shape(form: Form, joinRef: Ref): void {
    this.form = form;
    this.joinRef = joinRef;
    this.head = this.headOf('message');
    this.tail = writeTail(form);
  }
}

function readPush(frame: PhoenixFrame, ref: PhoenixRef | undefined): Inbound<PhoenixRef | undefined> {
  if (frame.payload === undefined) return asMessage(frame, ref);
  switch (frame.event) {
    case 'message':
      return { kind: 'message', ref, ...readMessage(objectOf(frame), frame.text) };
    case 'ack':
      return { kind: 'ack', ref, ...readAck(objectOf(frame)) };
    case 'ping':
      return { kind: 'ping', ref };
    case 'subscribe':
    case 'unsubscribe':
      return { kind: frame.event, ref, ...readTopics(objectOf(frame)) };
    default:
      return asMessage(frame, ref);
  }
}

function asMessage({ event, text }: PhoenixFrame, ref: PhoenixRef | undefined): Inbound<PhoenixRef | undefined> {
  return { kind: 'message', ref, type: readType(event), data: text, priority: 'normal' };
}

function objectOf({ payload }: PhoenixFrame): JsonObject {
  return isObject(payload) ? payload : wrong('payload', 'an object');
}

function reply(to: PhoenixRef, status: 'ok' | 'error', response: object): string {
  return writeFrame(to.form, to.joinRef, to.ref, to.topic, 'phx_reply', JSON.stringify({ status, response }));
}
