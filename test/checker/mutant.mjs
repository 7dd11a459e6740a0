import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A copy of a built program with one thing in it broken: `{ main, remove() }`.
 * @param program `{ folder, main }`: a folder of this repository, and the main file in it
 * @param mutation `{ name, file, find, replace }`; undefined for a copy as it is
 * @throws when the text to replace is not there exactly once: then the mutation would break nothing, or something else
 */
export async function mutant(program, mutation) {
  const home = await mkdtemp(join(tmpdir(), 'viable-mutant-'));
  const remove = () => rm(home, { recursive: true });
  try {
    await cp(resolve(ROOT, program.folder), join(home, 'program'), { recursive: true });
    // Bare imports are looked for from here upwards, and what a .js file is stands in package.json.
    await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'));
    await cp(join(ROOT, 'package.json'), join(home, 'package.json'));
    if (mutation !== undefined) await mutate(join(home, 'program', mutation.file), mutation);
    return { main: join(home, 'program', program.main), remove };
  } catch (thrown) {
    await remove();
    throw thrown;
  }
}

async function mutate(file, { name, find, replace }) {
  const text = await readFile(file, 'utf8');
  const found = text.split(find).length - 1;
  if (found !== 1) throw new Error(`"${name}": what it replaces is in ${file} ${found} times, not once:\n${find}`);
  // A function, since a replacement text could hold `$`.
  await writeFile(
    file,
    text.replace(find, () => replace),
  );
}
