import type { Desk } from './desk.js';
import { ExitCode, Failure } from './exit.js';
import { namesOf } from './names.js';
import { nearest } from './nearest.js';
import type { Chosen } from './usage.js';

/** Does what was asked for; where there is no such client, says which there are. @throws Failure */
export async function performed({ command, args }: Chosen, desk: Desk): Promise<ExitCode> {
  try {
    return await command.run!(args, desk);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.error !== 'client_not_found') throw thrown;
    const id = String(args.id);
    throw new Failure(thrown.code, `No client "${id}" has a session there.`, await hint(id, desk), thrown.error);
  }
}

async function hint(id: string, desk: Desk): Promise<string> {
  const names = await namesOf('clients', desk.api).catch(() => []);
  const near = nearest(id, names);
  return near.length === 0 ? 'viable clients lists who is there.' : `Did you mean ${near.join(', ')}?`;
}
