import type { Api } from './api.js';
import { Context, Environment } from './context.js';
import { EXIT, Failure } from './exit.js';
import { Look, watched } from './watch.js';

class Written {
  text = '';
  constructor(
    readonly isTTY = false,
    readonly rows = 5,
    readonly columns = 80,
  ) {}
  write(text: string | Uint8Array): boolean {
    this.text += String(text);
    return true;
  }
}

function deskOf(out: Written, json = false): { desk: Context; err: Written; abort: AbortController } {
  const abort = new AbortController();
  const err = new Written();
  const around: Environment = { out, err, env: { NO_COLOR: '1' }, user: 'tester', signal: abort.signal };
  return { desk: new Context({} as Api, json, around), err, abort };
}

/** Looks that come one after the other; then it is interrupted. */
function looks(all: (string | Failure)[], abort: AbortController): () => Promise<Look> {
  return () => {
    const next = all.shift()!;
    if (all.length === 0) abort.abort();
    if (next instanceof Failure) return Promise.reject(next);
    return Promise.resolve({ answer: { text: next }, text: () => next, code: EXIT.unwell });
  };
}

describe('watching', () => {
  it('looks once without an interval', async () => {
    const out = new Written();
    const { desk, abort } = deskOf(out);
    expect(await watched(undefined, desk, looks(['one', 'two'], abort))).toBe(EXIT.unwell);
    expect(out.text).toBe('one\n');
  });

  it('appends where it is no terminal, until it is interrupted', async () => {
    const out = new Written();
    const { desk, abort } = deskOf(out);
    expect(await watched(1, desk, looks(['one', 'two', 'three'], abort))).toBe(EXIT.unwell);
    expect(out.text).toBe('one\n\ntwo\n\nthree\n');
  });

  it('is one line of JSON for each look', async () => {
    const out = new Written(true);
    const { desk, abort } = deskOf(out, true);
    await watched(1, desk, looks(['one', 'two'], abort));
    expect(out.text).toBe('{"text":"one"}\n{"text":"two"}\n');
  });

  it('draws over the last look in a terminal, and not beyond its end', async () => {
    const out = new Written(true, 4);
    const { desk, abort } = deskOf(out);
    await watched(1, desk, looks(['one', '1\n2\n3\n4\n5'], abort));
    expect(out.text).toBe('\x1b[2J\x1b[Hone\x1b[K\n\x1b[J' + '\x1b[H1\x1b[K\n2\x1b[K\n… 3 more lines\x1b[K\n\x1b[J');
  });

  it('goes on over what passes, once it has seen something', async () => {
    const out = new Written();
    const { desk, err, abort } = deskOf(out);
    const gone = new Failure(EXIT.unreachable, 'gone \x1b[2J');
    expect(await watched(1, desk, looks(['one', gone, 'two'], abort))).toBe(EXIT.unwell);
    expect([out.text, err.text]).toEqual(['one\n\ntwo\n', 'viable: gone \\x1b[2J\n']);
  });

  it.each([
    ['at the first look', [new Failure(EXIT.unreachable, 'gone'), 'one']],
    ['that does not pass', ['one', new Failure(EXIT.denied, 'no'), 'two']],
  ])('ends with a failure %s', async (_, all) => {
    const { desk, abort } = deskOf(new Written());
    await expect(watched(1, desk, looks(all, abort))).rejects.toBeInstanceOf(Failure);
  });
});
