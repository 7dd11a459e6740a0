import type { Api } from './api.js';
import type { Argument, Command, NamesOf } from './command.js';
import { namesOf } from './completions-api.js';

/**
 * Names that a shell takes as they are. Clients choose theirs: a completed `$(…)` or `;` would be run by whoever accepts
 * it, so those are typed by hand.
 */
const SAFE = /^[\w@%+=:,./][\w@%+=:,./-]*$/;

/** How long whoever presses Tab waits for the gateway, in ms. */
const PATIENCE = 700;

/**
 * What can stand at the place that is being typed, as far as only the gateway knows.
 * @param words the line without the command's own name; the last is being typed
 */
export async function completed(words: readonly string[], commands: readonly Command[], api: Api): Promise<string[]> {
  const what = sought(words, commands);
  if (what === undefined) return [];
  try {
    const names = await namesOf(what, api.within(PATIENCE));
    return names.filter(name => SAFE.test(name) && name.startsWith(words.at(-1)!));
  } catch {
    return [];
  }
}

/** What the argument that is being typed is a name of. */
export function sought(words: readonly string[], commands: readonly Command[]): NamesOf | undefined {
  const [first = '', ...rest] = words;
  const command = commands.find(each => each.syntax.split(' ')[0] === first);
  if (command === undefined || rest.length === 0) return undefined;
  const deeper = sought(rest, command.below ?? []);
  if (deeper !== undefined) return deeper;
  const place = argumentsOf(command)[rest.length - 1];
  return place?.names;
}

function argumentsOf({ syntax, arguments: all = {} }: Command): (Argument | undefined)[] {
  const names = [...syntax.matchAll(/[<[](\w+)[>\]]/g)].map(([, name]) => name!);
  return names.map(name => all[name]);
}
