import { LineSplitter } from './line-splitter.js';

function split(limit: number, ...chunks: (string | Buffer)[]): { lines: string[]; overflows: number } {
  const seen = { lines: [] as string[], overflows: 0 };
  const splitter = new LineSplitter(
    limit,
    line => seen.lines.push(line),
    () => seen.overflows++,
  );
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  return seen;
}

describe('LineSplitter', () => {
  it('joins what came in pieces and cuts what came together', () => {
    expect(split(100, 'a', 'b\nc', '\nd\ne\nf').lines).toEqual(['ab', 'c', 'd', 'e']);
  });

  it('keeps characters whole that were cut between chunks', () => {
    const bytes = Buffer.from('ä€😀\n');
    expect(split(100, ...[...bytes].map(byte => Buffer.from([byte]))).lines).toEqual(['ä€😀']);
  });

  it('passes over empty lines', () => expect(split(100, '\n\r\n  \na\n').lines).toEqual(['a']));

  it('drops a line over the limit, once told of, and goes on behind it', () => {
    expect(split(3, 'ab', 'cd', 'efgh', '\nok\n')).toEqual({ lines: ['ok'], overflows: 1 });
  });
});
