import { Entry } from '../../../kernel/ports/envelope.js';
import { GatewayError } from '../../../kernel/errors.js';
import { Codec, Inbound } from '../codec.js';
import { errorBody } from '../error-body.js';
import { NativeRef, readFrame, refuseBinary } from './native-frame.js';

/** Native frames on a WebSocket: one JSON object each; docs/WIRE.md. */
export class NativeCodec implements Codec<NativeRef | undefined> {
  decode(data: string | Uint8Array): Inbound<NativeRef | undefined> {
    return typeof data === 'string' ? readFrame(data) : refuseBinary();
  }

  message({ message, sequence }: Entry, _epoch: string): string {
    return message.envelope(sequence);
  }

  status(type: string, payload: string): string {
    return `{"type":${JSON.stringify(type)},"payload":${payload}}`;
  }

  accept(ref: NativeRef | undefined, response: object): string {
    if (!ref || ref.quiet) return '';
    return answer('ack', ref, { status: 'ok', ...response });
  }

  refuse(ref: NativeRef | undefined, error: GatewayError): string {
    return answer('error', ref, errorBody(error));
  }

  welcome(_ref: NativeRef | undefined, response: object): string {
    return this.status('connection_status', JSON.stringify({ status: 'connected', ...response }));
  }

  farewell(): string {
    return '';
  }
}

/** @param members at least one */
function answer(type: string, ref: NativeRef | undefined, members: object): string {
  return `{"type":"${type}","id":${ref?.id ?? 'null'},${JSON.stringify(members).slice(1)}`;
}
