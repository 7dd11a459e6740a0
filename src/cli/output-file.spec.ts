import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from './exit.js';
import { saveToFile } from './output-file.js';

async function* chunks(...texts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield await Promise.resolve(Buffer.from(text));
  }
}

describe('a file that is saved', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'save-'));
    file = join(folder, 'x');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is for its owner, and there when it is whole', async () => {
    expect(await saveToFile(file, () => Promise.resolve(chunks('ab', 'c')))).toBe(3);
    expect(await readFile(file, 'utf8')).toBe('abc');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('stays what it was where the rest does not come, and nothing else is left', async () => {
    await writeFile(file, 'before');
    await expect(saveToFile(file, () => Promise.resolve(chunks('ab', new Error('broken'))))).rejects.toThrow('broken');
    await expect(saveToFile(file, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(await readFile(file, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('is tried before anything is asked for', async () => {
    const begin = jest.fn();
    await expect(saveToFile(join(folder, 'missing', 'x'), begin)).rejects.toMatchObject({ code: EXIT.unwritable });
    expect(begin).not.toHaveBeenCalled();
  });
});
