import { setTimeout as delay } from 'node:timers/promises';
import { Args, Command, FOR, named, ofClient, WHY, whyOf, withQuery } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, ExitCode } from '../exit.js';
import { listed } from '../format.js';
import type { Terminal } from '../terminal.js';
import { harmlessData } from '../text.js';

export interface TraceEvent extends Record<string, unknown> {
  timestamp: string;
  event: string;
  session?: string;
  transport?: string;
}

interface Trace {
  client_id: string;
  watched: { log_messages: boolean; trace_routing: boolean; until: string } | null;
  /** Oldest first. */
  events: TraceEvent[];
}

interface Given {
  id: string;
  most: number;
  follow: boolean;
  messages: boolean;
  routing: boolean;
  for?: number;
}

/** Between two looks while it is followed, in ms. */
const PACE = 1_000;

export const trace: Command = {
  syntax: 'trace <id>',
  about: 'What became of a client, and what it does',
  arguments: { id: named('Its client_id, or its key', 'clients') },
  options: {
    follow: { type: 'boolean', default: false, describe: 'Go on with what happens from now on, until Ctrl-C' },
    messages: {
      type: 'boolean',
      default: false,
      describe: 'Watch it: note its messages (type and size, never content)',
    },
    routing: { type: 'boolean', default: false, describe: 'Watch it: note where its calls go' },
    most: { type: 'number', default: 200, describe: 'At most so many events' },
    for: { ...FOR, describe: 'How long it is watched, and followed: 60s (500ms, 30s, 10m, at most 1h)' },
    why: WHY,
  },
  run: async (args, desk) => {
    const given = args as unknown as Given;
    const watching = given.messages || given.routing;
    if (watching) await startWatching(given, args, desk);
    const trace = await look(given, desk);
    if (!given.follow) {
      if (desk.json) desk.printJson(trace);
      else desk.print(whole(trace, desk.paper()));
      return EXIT.ok;
    }
    return follow(trace, given, watching, desk);
  },
};

async function startWatching({ id, messages, routing, for: for_ms }: Given, args: Args, desk: Context): Promise<void> {
  const what = { log_messages: messages, trace_routing: routing, for_ms, why: whyOf(args, desk) };
  await desk.api.send('POST', ofClient(id, 'watch'), what);
}

async function look({ id, most }: Given, desk: Context): Promise<Trace> {
  return (await desk.api.get(withQuery(ofClient(id, 'trace'), { most }))) as Trace;
}

/** Prints events as they come; what was switched on for it is switched off where it ends before its time. */
async function follow(first: Trace, given: Given, watching: boolean, desk: Context): Promise<ExitCode> {
  const end = given.for === undefined ? Infinity : Date.now() + given.for;
  let known = printNew([], first.events, desk);
  let { watched } = first;
  while (!desk.interrupted && Date.now() < end && !(watching && watched === null)) {
    await delay(Math.min(PACE, end - Date.now()), undefined, { signal: desk.around.signal }).catch(() => undefined);
    if (desk.interrupted) break;
    const trace = await look(given, desk).catch((thrown: unknown) => {
      if (!desk.interrupted) throw thrown;
    });
    if (trace === undefined) break;
    known = printNew(known, trace.events, desk);
    watched = trace.watched;
  }
  if (watching && watched !== null) await desk.uninterrupted.send('DELETE', ofClient(given.id, 'watch'), {});
  return EXIT.ok;
}

/** @returns what is known then */
function printNew(known: readonly TraceEvent[], events: readonly TraceEvent[], desk: Context): readonly TraceEvent[] {
  const fresh = freshOf(known, events);
  const lost = known.length > 0 && events.length > 0 && fresh.length === events.length;
  if (lost && !desk.json) desk.print(desk.paper().dim('… some may be missing'));
  for (const event of fresh) {
    if (desk.json) desk.printJson(event);
    else desk.print(line(harmlessData(event) as TraceEvent, desk.paper()));
  }
  return events;
}

/**
 * What has come since the last look. An event that came again is folded by the gateway into the one before, with another
 * count: that is new as well.
 */
export function freshOf(known: readonly TraceEvent[], now: readonly TraceEvent[]): TraceEvent[] {
  const newest = known.reduce((last, { timestamp }) => (timestamp > last ? timestamp : last), '');
  const seen = new Map<string, number>();
  for (const event of known) seen.set(JSON.stringify(event), (seen.get(JSON.stringify(event)) ?? 0) + 1);
  return now.filter(event => {
    const text = JSON.stringify(event);
    const times = seen.get(text) ?? 0;
    if (times > 0) seen.set(text, times - 1);
    return times === 0 && event.timestamp >= newest;
  });
}

function whole(trace: Trace, paper: Terminal): string {
  const { watched, events } = harmlessData(trace) as Trace;
  const lines =
    events.length === 0 ? [paper.dim('Nothing is known of it yet.')] : events.map(event => line(event, paper));
  if (watched === null) return lines.join('\n');
  const what = [watched.log_messages && 'messages', watched.trace_routing && 'routing'].filter(Boolean).join(' and ');
  return [...lines, '', paper.odd(`Its ${what} are noted until ${paper.time(watched.until)}.`)].join('\n');
}

function line({ timestamp, event, session, transport, ...more }: TraceEvent, paper: Terminal): string {
  const named = event === 'error' || event === 'gap' ? paper.bad(event.padEnd(18)) : event.padEnd(18);
  const rest = [transport, session && `session=${session}`, listed(more)].filter(Boolean).join(' ');
  const room = paper.time(timestamp).length + 2 + 18;
  return `${paper.dim(paper.time(timestamp))}  ${named}${paper.cut(rest, room)}`.trimEnd();
}
