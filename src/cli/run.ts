import type { NamesOf } from './command.js';
import type { Context } from './context.js';
import { ExitCode, Failure } from './exit.js';
import { namesOf } from './completions-api.js';
import { nearest } from './nearest.js';
import type { Chosen } from './usage.js';

interface Missing {
  /** The argument that nothing is called by. */
  given: string;
  names: NamesOf;
  /** In the place of what the gateway says. */
  says?(name: string): string;
  list: string;
}

/** What there is none of, by the name of the error, and where those that there are can be seen. */
const MISSING: Readonly<Record<string, Missing>> = {
  client_not_found: {
    given: 'id',
    names: 'clients',
    says: name => `No client "${name}" has a session there.`,
    list: 'viable clients lists who is there.',
  },
  unit_not_found: {
    given: 'unit',
    names: 'units',
    says: name => `There is no unit "${name}".`,
    list: 'viable stats lists those that there are.',
  },
  invalid_message: { given: 'target', names: 'targets', list: 'viable stats lists units and instances.' },
};

/** Does what was asked for; where there is nothing of that name, says which there are. @throws Failure */
export async function run({ command, args }: Chosen, desk: Context): Promise<ExitCode> {
  try {
    return await command.run!(args, desk);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const missing = MISSING[thrown.error ?? ''];
    const name = args[missing?.given ?? ''];
    if (missing === undefined || typeof name !== 'string') throw thrown;
    const near = nearest(name, await namesOf(missing.names, desk.api).catch(() => []));
    const hint = near.length === 0 ? missing.list : `Did you mean ${near.join(', ')}?`;
    throw new Failure(thrown.code, missing.says?.(name) ?? thrown.message, hint);
  }
}
