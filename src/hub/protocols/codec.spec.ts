import fc from 'fast-check';
import { Codec } from './codec.js';
import { EventCodec } from './native/event-codec.js';
import { NativeCodec } from './native/native-codec.js';
import { PhoenixCodec } from './phoenix/phoenix-codec.js';

const KEYS = ['id', 'type', 'data', 'sequence', 'msg_id', 'topic', 'event', 'payload', 'ref', 'join_ref', 'topics'];
const WORDS = ['hello', 'ack', 'ping', 'subscribe', 'message', 'mcp:gateway', 'phoenix', 'phx_join', 'phx_leave'];

const word = fc.oneof(fc.constantFrom(...WORDS), fc.string(), fc.integer(), fc.constant(null));
const value = fc.oneof(word, fc.jsonValue(), fc.dictionary(fc.constantFrom(...KEYS), word));
const frame = fc.oneof(
  fc.dictionary(fc.constantFrom(...KEYS), value),
  fc.tuple(word, word, fc.constantFrom(...WORDS), word, value),
);
const push = fc.tuple(fc.array(fc.nat({ max: 6 }), { minLength: 4, maxLength: 4 }), fc.uint8Array());
const anything = fc.oneof(
  fc.string(),
  fc.json(),
  frame.map(one => JSON.stringify(one)),
  fc.uint8Array(),
  push.map(([lengths, rest]) => new Uint8Array([0, ...lengths, ...rest])),
);

const CODECS: [string, () => Codec][] = [
  ['NativeCodec', () => new NativeCodec()],
  ['EventCodec', () => new EventCodec()],
  ['PhoenixCodec', () => new PhoenixCodec()],
];

describe.each(CODECS)('%s', (_name, create) => {
  it('never throws, and can answer whatever it has read', () => {
    fc.assert(
      fc.property(fc.array(anything), frames => {
        const codec = create();
        for (const one of frames) {
          const inbound = codec.decode(one);
          if (inbound.kind === 'message') JSON.parse(inbound.data);
          const answer =
            inbound.kind === 'invalid' ? codec.refuse(inbound.ref, inbound.error) : codec.accept(inbound.ref, {});
          if (answer !== '' || inbound.kind === 'invalid') JSON.parse(answer);
          expect(inbound).not.toMatchObject({ error: { code: 'internal_error' } });
        }
      }),
      { numRuns: 300 },
    );
  });
});
