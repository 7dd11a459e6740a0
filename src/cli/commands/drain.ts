import { setTimeout as delay } from 'node:timers/promises';
import { answered, Args, Command, duration, WHY, whyOf } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, ExitCode, Failure } from '../exit.js';
import { several } from '../format.js';

interface Drain {
  draining: boolean;
  stopping: boolean;
  sessions: number;
  calls_in_flight: number;
  connections: number;
}

interface Given {
  stop?: boolean;
  undo?: boolean;
  wait: boolean;
  within?: number;
}

const PATH = '/mcp/admin/drain';
/** Between two looks, in ms. */
const PACE = 200;

export const drain: Command = {
  syntax: 'drain',
  about: 'Take nothing new, and wait until no calls are in flight',
  options: {
    stop: { type: 'boolean', describe: 'The gateway ends then' },
    undo: { type: 'boolean', describe: 'Take it back', conflicts: 'stop' },
    wait: { type: 'boolean', default: true, describe: 'Wait until calls have ended; --no-wait only asks for it' },
    within: duration('Wait so long at most, then exit with 75; the drain goes on'),
    why: WHY,
  },
  run: async (args, desk) => {
    const given = args as unknown as Given;
    if (given.undo) return takeBack(args, desk);
    const first = (await desk.api.send('POST', PATH, { stop: given.stop === true, why: whyOf(args, desk) })) as Drain;
    if (!given.wait) {
      answered(desk, first, () => `It is draining: ${inFlight(first)}.`);
      return EXIT.ok;
    }
    return waited(first, given, desk);
  },
};

async function takeBack(args: Args, desk: Context): Promise<ExitCode> {
  const answer = await desk.api.send('DELETE', PATH, { why: whyOf(args, desk) });
  answered(desk, answer, () => 'The gateway takes new work again.');
  return EXIT.ok;
}

async function waited(first: Drain, { stop = false, within = Infinity }: Given, desk: Context): Promise<ExitCode> {
  const began = Date.now();
  const bar = desk.progress('draining');
  let now: Drain | null = first;
  let most = first.calls_in_flight;
  try {
    while (now !== null && (now.calls_in_flight > 0 || stop)) {
      most = Math.max(most, now.calls_in_flight);
      bar.show(most - now.calls_in_flight, most, inFlight(now));
      if (Date.now() - began > within) throw new Failure(EXIT.later, `It is still draining: ${inFlight(now)}.`);
      await delay(PACE, undefined, { signal: desk.around.signal }).catch(() => undefined);
      now = await look(stop, desk);
    }
  } catch (thrown) {
    if (!desk.interrupted) throw thrown;
    throw new Failure(
      EXIT.interrupted,
      'You no longer wait for it; the drain goes on.',
      'viable drain --undo takes it back.',
    );
  } finally {
    bar.end();
  }
  answered(desk, now ?? { ...first, calls_in_flight: 0, connections: 0, sessions: 0, stopped: true }, () =>
    now === null
      ? 'The gateway has stopped.'
      : 'It is drained: no calls are in flight. viable drain --undo takes it back.',
  );
  return EXIT.ok;
}

/** @returns null where the gateway is gone, as it should be */
async function look(stop: boolean, desk: Context): Promise<Drain | null> {
  try {
    return (await desk.api.get(PATH)) as Drain;
  } catch (thrown) {
    if (stop && thrown instanceof Failure && thrown.code === EXIT.unreachable) return null;
    throw thrown;
  }
}

function inFlight({ calls_in_flight: calls }: Drain): string {
  return `${several(calls, 'call')} in flight`;
}
