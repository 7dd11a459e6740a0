import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT, Failure } from './exit.js';

/**
 * Writes a file that is there when it is whole, for its owner only: it may hold secrets.
 * @param begin is called when the file can be written
 * @returns its bytes
 * @throws Failure where it cannot be written; whatever reading throws
 */
export async function saveToFile(path: string, begin: () => Promise<AsyncIterable<Uint8Array>>): Promise<number> {
  const part = `${path}.${process.pid}.part`;
  const file = await written(path, open(part, 'wx', 0o600));
  let bytes = 0;
  try {
    for await (const chunk of await begin()) {
      await written(path, file.write(chunk));
      bytes += chunk.length;
    }
    await file.close();
    await written(path, rename(part, path));
    return bytes;
  } catch (thrown) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw thrown;
  }
}

async function written<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw new Failure(
      EXIT.unwritable,
      `${resolve(path)} cannot be written: ${(thrown as Error).message}`,
      'Name another file with -o.',
    );
  }
}
