import { answered, Command, FOR, named, ofClient, WHY, whyOf } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, Failure } from '../exit.js';
import { harmlessData } from '../text.js';
import { Setting, told } from './levers.js';

const PATH = '/mcp/admin/levers';
const RATE = /^(\d+(?:\.\d+)?)(?:\/s)?$/;

/** The lever `rate_limit` by the name that people know a client by; levers know keys. */
export const limit: Command = {
  syntax: 'limit <id> <rate>',
  about: 'Give a client another rate, or with off its own again',
  arguments: {
    id: named('Its client_id, or its key', 'clients'),
    rate: { type: 'string', describe: 'Messages or requests per second, such as 5; or off' },
  },
  options: { why: WHY, for: FOR },
  run: async (args, desk) => {
    const { id, rate, for: for_ms } = args as { id: string; rate: string; for?: number };
    const value = rateOf(rate);
    const why = whyOf(args, desk);
    for (const target of value === undefined ? await limited(id, desk) : await keysOf(id, desk)) {
      const which = { lever: 'rate_limit', target, why };
      const answer =
        value === undefined
          ? await desk.api.send('DELETE', PATH, which)
          : await desk.api.send('POST', PATH, { ...which, value, for_ms });
      answered(desk, answer, () => outcome(harmlessData(answer), id, desk));
    }
    return EXIT.ok;
  },
};

function outcome(answer: unknown, id: string, desk: Context): string {
  const { setting, released } = answer as { setting?: Setting | null; released?: boolean };
  if (setting) return told(setting, desk.paper());
  const name = String(harmlessData(id));
  if (released === false) return `Nobody had limited ${name}.`;
  return `${name} has ${released ? 'its own rate again' : 'another rate'}.`;
}

/** @returns messages per second; undefined: as configured */
function rateOf(text: string): number | undefined {
  if (text === 'off') return undefined;
  const rate = Number(RATE.exec(text)?.[1] ?? 0);
  if (rate > 0) return rate;
  throw new Failure(EXIT.usage, `"${text}" is no rate: write messages per second, such as 5 or 0.5, or off.`);
}

/** @throws Failure where no such client has a session */
async function keysOf(id: string, desk: Context): Promise<string[]> {
  const { sessions } = (await desk.api.get(ofClient(id))) as { sessions: { client: string }[] };
  return [...new Set(sessions.map(({ client }) => client))];
}

/** The same, and where the client is gone, what is set for keys that end with its name. */
async function limited(id: string, desk: Context): Promise<string[]> {
  try {
    return await keysOf(id, desk);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.error !== 'client_not_found') throw thrown;
    const { settings } = (await desk.api.get(PATH)) as { settings: Setting[] };
    const targets = settings.filter(({ lever }) => lever === 'rate_limit').map(({ target }) => target);
    const own = targets.filter(target => target === id || target.endsWith(`\n${id}`));
    if (own.length === 0) throw thrown;
    return own;
  }
}
