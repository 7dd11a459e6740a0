import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A project of a user's own: a folder with files, and with the packages that its scripts import by their names. */
export class Scratch {
  private constructor(readonly folder: string) {}

  static async make(packages: string[] = []): Promise<Scratch> {
    const scratch = new Scratch(await mkdtemp(join(tmpdir(), 'viable-examples-')));
    for (const name of packages) {
      const link = join(scratch.folder, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(name === 'viable' ? resolve('.') : resolve('node_modules', name), link);
    }
    return scratch;
  }

  /** The path of a new file with this text. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text);
    return path;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
