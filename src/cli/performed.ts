import type { Desk } from './desk.js';
import type { NamesOf } from './command.js';
import { ExitCode, Failure } from './exit.js';
import { namesOf } from './names.js';
import { nearest } from './nearest.js';
import type { Chosen } from './usage.js';

/** What there is none of, by the name of the error, and where those that there are can be seen. */
const KINDS: Readonly<Record<string, { names: NamesOf; given: string; says: (name: string) => string; list: string }>> =
  {
    client_not_found: {
      names: 'clients',
      given: 'id',
      says: name => `No client "${name}" has a session there.`,
      list: 'viable clients lists who is there.',
    },
    unit_not_found: {
      names: 'units',
      given: 'unit',
      says: name => `There is no unit "${name}".`,
      list: 'viable stats lists those that there are.',
    },
  };

/** Does what was asked for; where there is nothing of that name, says which there are. @throws Failure */
export async function performed({ command, args }: Chosen, desk: Desk): Promise<ExitCode> {
  try {
    return await command.run!(args, desk);
  } catch (thrown) {
    const kind = thrown instanceof Failure ? KINDS[thrown.error ?? ''] : undefined;
    if (kind === undefined) throw thrown;
    const name = String(args[kind.given]);
    const names = await namesOf(kind.names, desk.api).catch(() => []);
    const near = nearest(name, names);
    const hint = near.length === 0 ? kind.list : `Did you mean ${near.join(', ')}?`;
    throw new Failure((thrown as Failure).code, kind.says(name), hint);
  }
}
