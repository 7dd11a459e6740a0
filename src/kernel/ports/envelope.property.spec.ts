import fc from 'fast-check';
import { Draft, Message, PRIORITIES } from './envelope.js';

const text = fc.string({ unit: 'binary', minLength: 1 });
const optional = <T>(what: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(what, { nil: undefined });

/** JSON as publishers write it: with spaces and line breaks, and numbers that no parser gives back as they were. */
const payload = fc.oneof(
  fc.json(),
  fc.tuple(fc.jsonValue(), fc.nat(4)).map(([value, indent]) => JSON.stringify(value, null, indent)),
  fc.constantFrom(
    '1.0',
    '1e400',
    '-0',
    '12345678901234567890',
    '{"a":1,"a":2}',
    '{"payload":{"payload":[]}}',
    '"\\ud800"',
  ),
);

const draft: fc.Arbitrary<Draft> = fc.record({
  payload,
  named: optional(fc.constantFrom('payload' as const, 'data' as const)),
  id: optional(text),
  type: optional(text),
  event: optional(text),
  priority: optional(fc.constantFrom(...PRIORITIES)),
  topic: optional(text),
  ttl: optional(fc.nat(1e9)),
});
/** Milliseconds since the epoch, as clocks with a fraction have them. */
const now = fc.double({ min: 0, max: 4e12, noNaN: true });

describe('a message as JSON', () => {
  it('is the same message to the byte when it is read again', () => {
    fc.assert(
      fc.property(draft, now, fc.nat(), (given, at, sequence) => {
        const message = new Message(given, at);
        const again = Message.fromJSON(JSON.parse(JSON.stringify(message)));
        expect(again).toEqual(message);
        expect(again).toBeInstanceOf(Message);
        expect(again.envelope(sequence)).toBe(message.envelope(sequence));
      }),
      { numRuns: 500 },
    );
  });
});
