import { Ack, ClientFrame, Connected, Envelope, Gap, GatewayFrame, WrittenFrame } from './protocol.js';
import { errorOf, ViableError } from './viable-error.js';

/** @throws TypeError where the data is nothing that JSON can say */
export function writeFrame(frame: ClientFrame): WrittenFrame {
  return { id: frame.id, text: JSON.stringify(frame) };
}

/** Reads the text of a frame. Never throws: what cannot be read is `invalid`. */
export function readFrame(text: string): GatewayFrame {
  const value = parse(text);
  return value === undefined ? { kind: 'invalid', why: 'not JSON' } : frameOf(value);
}

/** A sequence is what makes a message, whatever type its publisher gave it. */
export function frameOf(value: unknown): GatewayFrame {
  if (!isRecord(value)) return { kind: 'invalid', why: 'not an object' };
  if ('sequence' in value && 'payload' in value) return messageOf(value);
  const { type, id } = value;
  if (typeof type !== 'string') return { kind: 'invalid', why: 'no type' };
  const ref = typeof id === 'string' ? id : null;
  if (type === 'ack') return { kind: 'answer', id: ref, ack: value as unknown as Ack };
  if (type === 'error') {
    return { kind: 'answer', id: ref, error: errorOf(value) ?? new ViableError('invalid_frame') };
  }
  return statusOf(type, value.payload);
}

/** An event of an event stream: a frame by its name, or a message under the name its publisher chose. */
export function readEvent(event: string, data: string): GatewayFrame | undefined {
  if (event === 'heartbeat' || event === 'debug') return undefined;
  const value = parse(data);
  if (!isRecord(value)) return { kind: 'invalid', why: 'an event whose data is not a JSON object' };
  switch (event) {
    case 'connected':
      return connectedOf(value);
    case 'gap':
    case 'connection_status':
    case 'transport_switched':
    case 'vsm_update':
    case 'presence':
    case 'shutdown':
      return statusOf(event, value);
    case 'error':
    case 'ack':
      return frameOf({ ...value, type: event });
    default:
      return messageOf(value);
  }
}

function statusOf(type: string, payload: unknown): GatewayFrame {
  if (type === 'connection_status' && isRecord(payload) && payload.status === 'connected') return connectedOf(payload);
  if (type !== 'gap') return { kind: 'notice', type, payload };
  if (isRecord(payload) && typeof payload.epoch === 'string' && isSequence(payload.next)) {
    const { epoch, next, from, to, reason } = payload;
    const gap: Gap = {
      epoch,
      next,
      from: isSequence(from) ? from : null,
      to: isSequence(to) ? to : null,
      reason: String(reason),
    };
    return { kind: 'gap', gap };
  }
  return { kind: 'invalid', why: 'a gap without epoch or next' };
}

function connectedOf(payload: Record<string, unknown>): GatewayFrame {
  if (typeof payload.epoch !== 'string' || !isSequence(payload.next)) {
    return { kind: 'invalid', why: 'connected without epoch or next' };
  }
  return { kind: 'connected', connected: payload as unknown as Connected };
}

function messageOf(value: Record<string, unknown>): GatewayFrame {
  if (!isSequence(value.sequence)) return { kind: 'invalid', why: 'a message without sequence' };
  return { kind: 'message', envelope: value as unknown as Envelope };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
