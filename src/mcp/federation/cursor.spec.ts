import { GatewayError } from '../../kernel/errors.js';
import { Cursors, Position } from './cursor.js';

const POSITION: Position = { method: 'tools/list', unit: 'files', key: 'read' };

const invalid = expect.objectContaining({ constructor: GatewayError, code: 'invalid_cursor' }) as GatewayError;

describe('Cursors', () => {
  const cursors = new Cursors();
  const open =
    (cursor: unknown, method = POSITION.method) =>
    (): Position =>
      cursors.open(cursor, method);
  const bytes = (): Buffer => Buffer.from(cursors.seal(POSITION), 'base64url');

  it.each([
    POSITION,
    { ...POSITION, key: '__proto__' },
    { ...POSITION, key: 'x'.repeat(10_000) },
    { ...POSITION, key: 'file:///ä/\u{1f600}?q="\\\n' },
    { ...POSITION, key: 'half a pair: \ud83d' },
  ])('opens what it has sealed', position => {
    expect(cursors.open(cursors.seal(position), position.method)).toEqual(position);
  });

  it('makes them of characters that need no escape, and shows nothing of what is in them', () => {
    const cursor = cursors.seal(POSITION);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/files|read/);
    expect(cursors.seal(POSITION)).not.toBe(cursor);
  });

  it('takes none of another process', () => {
    expect(open(new Cursors().seal(POSITION))).toThrow(invalid);
  });

  it.each(['prompts/list', 'resources/list', 'tools/lis', ''])('takes none of another list, here for %j', method => {
    expect(open(cursors.seal(POSITION), method)).toThrow(invalid);
  });

  it('takes none with a bit that is another', () => {
    const sealed = bytes();
    for (let at = 0; at < sealed.length; at++) {
      const forged = Buffer.from(sealed);
      forged[at]! ^= 1;
      expect(open(forged.toString('base64url'))).toThrow(invalid);
    }
  });

  it('takes none that was cut, wherever', () => {
    const sealed = bytes();
    for (let end = 0; end < sealed.length; end++) {
      expect(open(sealed.subarray(0, end).toString('base64url'))).toThrow(invalid);
      expect(open(sealed.subarray(sealed.length - end).toString('base64url'))).toThrow(invalid);
    }
  });

  it('takes none that has grown, and no two as one', () => {
    const sealed = bytes();
    expect(open(Buffer.concat([sealed, Buffer.alloc(1)]).toString('base64url'))).toThrow(invalid);
    expect(open(Buffer.concat([Buffer.alloc(1), sealed]).toString('base64url'))).toThrow(invalid);
    expect(open(Buffer.concat([sealed, sealed]).toString('base64url'))).toThrow(invalid);
  });

  it.each(['', ' ', '0', 'null', '["tools/list","files","read"]', 'A'.repeat(1_000_000), '\u{1f600}', '__proto__'])(
    'takes no text of others (case %#)',
    text => {
      expect(open(text)).toThrow(invalid);
      expect(open(Buffer.from(text).toString('base64url'))).toThrow(invalid);
    },
  );

  it.each<{ cursor: unknown }>(
    [undefined, null, 0, 7, -1, 1e300, true, false, [], [1, 2, 3], {}, { length: 3 }, { valueOf: 1 }].map(cursor => ({
      cursor,
    })),
  )('takes nothing that is no text: $cursor', ({ cursor }) => {
    expect(open(cursor)).toThrow(invalid);
  });

  it('does not look into what is no text: its length may be anything', () => {
    let looked = false;
    const cursor = {
      get length() {
        looked = true;
        return 3;
      },
    };
    expect(open(cursor)).toThrow(invalid);
    expect(looked).toBe(false);
  });
});
