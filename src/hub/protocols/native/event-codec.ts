import { Entry } from '../../../kernel/ports/envelope.js';
import { oneLine } from '../../../kernel/json-rpc/json-text.js';
import { eventId } from './event-id.js';
import { NativeCodec } from './native-codec.js';
import { NativeRef } from './native-frame.js';

/**
 * An event stream (WHATWG HTML, 9.2): what is sent is events, what comes are native frames, each the body of a POST or
 * an element of it. Their answers are native too, as they go into the response to that POST.
 */
export class EventCodec extends NativeCodec {
  override message({ message, sequence }: Entry, epoch: string): string {
    return `event: ${name(message.event)}\nid: ${eventId(epoch, sequence)}\ndata: ${message.envelope(sequence)}\n\n`;
  }

  override status(type: string, payload: string): string {
    return `event: ${name(type)}\ndata: ${oneLine(payload)}\n\n`;
  }

  override welcome(_ref: NativeRef | undefined, response: object): string {
    const { epoch, next } = response as { epoch: string; next: number };
    // Who loses the connection before the first message comes back with a position all the same.
    return `id: ${eventId(epoch, next - 1)}\n${this.status('connected', JSON.stringify(response))}`;
  }
}

/** A line break in a name would let its publisher write fields, and with them events, of the stream. */
function name(event: string): string {
  return event === 'message' ? event : oneLine(event);
}
