import { Progress } from './progress.js';

class Sink {
  text = '';
  constructor(readonly isTTY: boolean) {}
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  on(): this {
    return this;
  }
}

describe('progress', () => {
  it('is a bar in a terminal, which has its cursor back in the end', () => {
    const sink = new Sink(true);
    const bar = new Progress(sink, 'draining');
    bar.show(0, 2, '2 calls in flight');
    bar.show(2, 2, 'nothing');
    bar.end();
    expect(sink.text).toMatch(/draining ░+ 2 calls in flight[^]*draining █+ nothing/);
    expect(sink.text.lastIndexOf('\x1b[?25h')).toBeGreaterThan(sink.text.lastIndexOf('\x1b[?25l'));
  });

  it('is nothing where nobody could see it', async () => {
    const sink = new Sink(false);
    expect(await new Progress(sink, 'x').during(Promise.resolve(5), 10, () => 'y')).toBe(5);
    expect(sink.text).toBe('');
  });

  it('ends with what it waits for, also where that fails', async () => {
    const sink = new Sink(true);
    await expect(new Progress(sink, 'x').during(Promise.reject(new Error('no')), 10, () => 'y')).rejects.toThrow('no');
    expect(sink.text).toContain('\x1b[?25h');
  });
});
