/** A folder for as long as it is needed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `use` makes of the folder, which is then removed; also where a signal ends us meanwhile. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'viable-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await use(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
