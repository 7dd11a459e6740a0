import { GatewayError } from '../kernel/errors.js';
import {
  PushRequest,
  PushProtocol,
  PushConnection,
  PushInbound,
  PushReceiver,
} from '../kernel/ports/push-connection.js';
import { Codec, JoinRequest } from './protocols/codec.js';
import { readJoinRequest } from './protocols/join-request.js';
import { EventCodec } from './protocols/native/event-codec.js';
import { NativeCodec } from './protocols/native/native-codec.js';
import { PhoenixCodec } from './protocols/phoenix/phoenix-codec.js';
import { SubscriberParts } from './subscriber-parts.js';
import { Subscriber } from './subscriber.js';

const CODECS: Record<PushProtocol, () => Codec> = {
  native: () => new NativeCodec(),
  event_stream: () => new EventCodec(),
  phoenix: () => new PhoenixCodec(),
};

/** What transports call with native and Phoenix clients. */
export class ProtocolRegistry extends PushInbound {
  constructor(private readonly parts: SubscriberParts) {
    super();
  }

  connect(pushRequest: PushRequest, pushConnection: PushConnection): PushReceiver {
    let joinRequest: JoinRequest = {};
    let wrong: unknown;
    try {
      joinRequest = readJoinRequest(pushRequest.params);
    } catch (thrown) {
      wrong = thrown;
    }
    const receiver = this.converse(pushRequest, joinRequest, pushConnection);
    if (wrong) receiver.mind(wrong);
    return receiver;
  }

  async join(pushRequest: PushRequest, pushConnection: PushConnection): Promise<PushReceiver> {
    const joinRequest = readJoinRequest(pushRequest.params);
    const receiver = this.converse(pushRequest, joinRequest, pushConnection);
    await receiver.join(undefined, joinRequest, text => pushConnection.write(text));
    if (!receiver.joined) throw new GatewayError('invalid_request', 'The client left before it was let in.');
    return receiver;
  }

  private converse(pushRequest: PushRequest, joinRequest: JoinRequest, pushConnection: PushConnection): Subscriber {
    return new Subscriber(pushConnection, CODECS[pushRequest.protocol](), pushRequest, joinRequest, this.parts);
  }
}
