import { createParser, EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { Message } from '../../../kernel/ports/envelope.js';
import { GatewayError } from '../../../kernel/errors.js';
import { EventCodec } from './event-codec.js';
import { eventId, readEventId } from './event-id.js';

const codec = new EventCodec();

function parse(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: event => events.push(event) }).feed(text);
  return events;
}

describe('EventCodec', () => {
  it('writes messages with an id', () => {
    const message = new Message({ id: 'm', payload: '1' }, 0);
    expect(codec.message({ sequence: 7, message }, 'ep')).toBe(
      'event: message\nid: ep:7\ndata: {"id":"m","sequence":7,"timestamp":0,"type":"message","priority":"normal","payload":1}\n\n',
    );
  });

  it('writes everything else without', () => {
    expect(codec.status('gap', '{"a":\r\n1}')).toBe('event: gap\ndata: {"a": 1}\n\n');
    expect(codec.welcome(undefined, { epoch: 'e', next: 0 })).toBe(
      'id: e:-1\nevent: connected\ndata: {"epoch":"e","next":0}\n\n',
    );
    expect(codec.farewell()).toBe('');
  });

  it('answers frames that were posted in native JSON', () => {
    const inbound = codec.decode('{"type":"chat","id":"m","data":1}');
    expect(inbound).toMatchObject({ kind: 'message', id: 'm', data: '1' });
    expect(codec.accept(inbound.ref, { routed: null })).toBe('{"type":"ack","id":"m","status":"ok","routed":null}');
    expect(codec.refuse(inbound.ref, new GatewayError('outbox_full'))).toMatch(/^{"type":"error","id":"m",[^\n]*}$/);
  });

  it('is read back by a parser as it was written', () => {
    const line = fc.string({ minLength: 1 }).filter(event => !/[\r\n]/.test(event));
    const payload = fc.tuple(fc.jsonValue(), fc.constantFrom('', ' ', 2, '\t'));
    fc.assert(
      fc.property(fc.uuid(), fc.nat(), line, payload, (epoch, sequence, event, [value, indent]) => {
        const message = new Message({ event, payload: JSON.stringify(value, null, indent) }, 0);
        const [first, second, ...rest] = parse(
          codec.message({ sequence, message }, epoch) + codec.status(event, JSON.stringify(value, null, indent)),
        );
        expect(first).toMatchObject({ event, id: eventId(epoch, sequence) });
        expect(JSON.parse(first!.data)).toEqual(JSON.parse(message.envelope(sequence)));
        expect([second!.event, JSON.parse(second!.data)]).toEqual([event, JSON.parse(JSON.stringify(value))]);
        expect(rest).toEqual([]);
      }),
    );
  });

  it('lets no name write a field of its own', () => {
    const message = new Message({ event: 'a\n\nevent: shutdown\rdata: {}\r\n\r\n', payload: '1' }, 0);
    expect(parse(codec.message({ sequence: 0, message }, 'e'))).toHaveLength(1);
  });
});

describe('readEventId', () => {
  it.each([
    ['ep:7', { epoch: 'ep', last: 7 }],
    ['a:b:0', { epoch: 'a:b', last: 0 }],
    ['', undefined],
    ['7', undefined],
    [':7', undefined],
    ['ep:', undefined],
    ['ep:-1', { epoch: 'ep', last: -1 }],
    ['ep:-2', undefined],
    ['ep:1.5', undefined],
    ['ep:9999999999999999', undefined],
    ['e\np:7', undefined],
    ['x'.repeat(129) + ':7', undefined],
  ])('reads %j', (text, expected) => expect(readEventId(text)).toEqual(expected));

  it('reads what was written', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.maxSafeNat(), (epoch, last) => {
        expect(readEventId(eventId(epoch, last))).toEqual({ epoch, last });
      }),
    );
  });
});
