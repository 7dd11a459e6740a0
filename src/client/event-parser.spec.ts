import * as fc from 'fast-check';
import { EventParser, ServerEvent } from './event-parser.js';

function parse(...chunks: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const parser = new EventParser(event => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

describe('EventParser', () => {
  it.each([
    ['one', 'data: a\n\n', [{ event: 'message', data: 'a' }]],
    ['a name', 'event: x\ndata: a\n\n', [{ event: 'x', data: 'a' }]],
    ['several lines', 'data: a\ndata:b\ndata\n\n', [{ event: 'message', data: 'a\nb\n' }]],
    ['only the first space', 'data:  a\n\n', [{ event: 'message', data: ' a' }]],
    ['comments and unknown fields', ': hi\nfoo: b\nid: 3\nretry: 5\ndata: a\n\n', [{ event: 'message', data: 'a' }]],
    ['a name without data, which is forgotten', 'event: x\n\ndata: a\n\n', [{ event: 'message', data: 'a' }]],
    ['empty data', 'data\n\n', [{ event: 'message', data: '' }]],
    ['a byte order mark', '\uFEFFdata: a\n\n', [{ event: 'message', data: 'a' }]],
    ['an event that is not complete', 'data: a\n', []],
    ['carriage returns', 'data: a\r\rdata: b\r\n\r\n', ['a', 'b'].map(data => ({ event: 'message', data }))],
  ])('reads %s', (_, text, events) => expect(parse(text)).toEqual(events));

  it('reads the same however it is cut', () => {
    const text = '\uFEFFevent: x\r\ndata: a\r\ndata: b\r\n\r\n: c\ndata: d\n\ndata: e\r\rdata:\n\n';
    const whole = parse(text);
    expect(whole).toHaveLength(4);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: text.length }), { maxLength: 20 }), cuts => {
        const ends = [0, ...cuts.sort((a, b) => a - b), text.length];
        expect(parse(...ends.slice(1).map((end, i) => text.slice(ends[i], end)))).toEqual(whole);
      }),
    );
  });

  it('holds no more than it may', () => {
    const parser = new EventParser(() => undefined, 10);
    parser.push('data: 1\n\n');
    parser.push('data: 2\n\n');
    expect(() => parser.push('data: 12345678')).toThrow(RangeError);
  });
});
