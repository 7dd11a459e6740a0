import { GatewayError } from '../kernel/errors.js';
import { Arrival, ChannelProtocol, Feed, FeedIntake, Talk } from '../kernel/ports/push-connection.js';
import { Codec, Hello } from './protocols/codec.js';
import { readHello } from './protocols/join-request.js';
import { EventCodec } from './protocols/native/event-codec.js';
import { NativeCodec } from './protocols/native/native-codec.js';
import { PhoenixCodec } from './protocols/phoenix/phoenix-codec.js';
import { Conversation, ConversationParts } from './subscriber.js';

const CODECS: Record<ChannelProtocol, () => Codec> = {
  native: () => new NativeCodec(),
  event_stream: () => new EventCodec(),
  phoenix: () => new PhoenixCodec(),
};

/** S1 as the doors see it that have native and Phoenix clients before them. */
export class ChannelIntake extends FeedIntake {
  constructor(private readonly parts: ConversationParts) {
    super();
  }

  connect(arrival: Arrival, feed: Feed): Talk {
    let hello: Hello = {};
    let wrong: unknown;
    try {
      hello = readHello(arrival.params);
    } catch (thrown) {
      wrong = thrown;
    }
    const talk = this.converse(arrival, hello, feed);
    if (wrong) talk.mind(wrong);
    return talk;
  }

  async join(arrival: Arrival, feed: Feed): Promise<Talk> {
    const hello = readHello(arrival.params);
    const talk = this.converse(arrival, hello, feed);
    await talk.join(undefined, hello, text => feed.write(text));
    if (!talk.joined) throw new GatewayError('invalid_request', 'The client left before it was let in.');
    return talk;
  }

  private converse(arrival: Arrival, hello: Hello, feed: Feed): Conversation {
    return new Conversation(feed, CODECS[arrival.protocol](), arrival, hello, this.parts);
  }
}
