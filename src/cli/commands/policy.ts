import { readFile } from 'node:fs/promises';
import { text as read } from 'node:stream/consumers';
import { parse, stringify } from 'yaml';
import { answered, Command, view } from '../command.js';
import { EXIT, Failure } from '../exit.js';
import { page, Terminal } from '../terminal.js';
import { harmlessData } from '../text.js';

interface Policy {
  version: number;
  source: string;
  /** Milliseconds since the epoch. */
  since: number;
  policy: Record<string, unknown>;
  rejected: { at: number; source: string; why: string } | null;
  kept?: string;
}

const PATH = '/mcp/admin/policy';

const show = view<Policy>({
  syntax: 'show',
  about: 'The policy that holds, as YAML',
  path: () => PATH,
  show: (state, paper) => page(origin(state, paper), stringify(state.policy).trimEnd()),
});

const set: Command = {
  syntax: 'set <file>',
  about: 'Put another policy in its place, until the policy file changes or the gateway ends',
  arguments: { file: { type: 'string', describe: 'YAML or JSON; - reads standard input' } },
  run: async ({ file }, desk) => {
    const wanted = await policyIn(file as string);
    const before = (await desk.api.get(PATH)) as Policy;
    const after = (await desk.api.send('PUT', PATH, wanted)) as Policy;
    answered(desk, after, () => {
      const state = harmlessData(after) as Policy;
      const changes = difference(harmlessData(before.policy), state.policy, desk.paper());
      return page(
        origin(state, desk.paper()),
        changes === '' ? 'It says what the one before said.' : changes,
        state.kept,
      );
    });
    return EXIT.ok;
  },
};

export const policy: Command = {
  ...show,
  syntax: 'policy',
  about: 'The policy that holds; set replaces it',
  below: [show, set],
};

function origin({ version, source, since, rejected }: Policy, paper: Terminal): string {
  return paper.facts({
    version: String(version),
    from: source,
    since: `${paper.time(since)}, ${paper.ago(since)} ago`,
    rejected: rejected ? paper.bad(`${paper.time(rejected.at)} ${rejected.source}: ${rejected.why}`) : undefined,
  });
}

/** yargs takes a lone `-` for an empty word. @throws Failure for a file that cannot be read, or holds no policy */
async function policyIn(file: string): Promise<object> {
  let policy: unknown;
  try {
    policy = parse(file === '-' || file === '' ? await read(process.stdin) : await readFile(file, 'utf8'));
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (typeof code === 'string' && code.startsWith('E'))
      throw new Failure(EXIT.missing, `${file} cannot be read: ${message}`);
    throw new Failure(EXIT.invalid, `${file} is neither YAML nor JSON: ${message.split('\n')[0]}`);
  }
  if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return policy;
  throw new Failure(EXIT.invalid, `${file} holds no policy: a mapping such as "identity:" is wanted.`);
}

/** Lines that were there before with `-`, those that are there now with `+`. */
export function difference(before: unknown, after: unknown, paper: Terminal): string {
  const [old, now] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths
    .filter(path => old.get(path) !== now.get(path))
    .flatMap(path => [
      ...(old.has(path) ? [paper.bad(paper.cut(`- ${path}: ${old.get(path)}`))] : []),
      ...(now.has(path) ? [paper.good(paper.cut(`+ ${path}: ${now.get(path)}`))] : []),
    ])
    .join('\n');
}

/** Values by their paths: members by name, lists as a whole. */
function leaves(tree: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof tree === 'object' && tree !== null && !Array.isArray(tree)) {
    for (const [name, value] of Object.entries(tree)) leaves(value, path === '' ? name : `${path}.${name}`, found);
  } else found.set(path, JSON.stringify(tree));
  return found;
}
