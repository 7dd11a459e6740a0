import { z } from 'zod';
import { JournalEntry } from '../../../telemetry/client-journal.js';
import { iso, time } from './words.js';

export const clientTrace = z.object({
  client_id: z.string(),
  watched: z.object({ log_messages: z.boolean(), trace_routing: z.boolean(), until: time }).nullable(),
  events: z
    .array(z.looseObject({ timestamp: time, event: z.string() }))
    .describe('The oldest first: times, names and sizes, never what messages say.'),
});

export const clientErrors = z.object({
  client_id: z.string(),
  errors: z.array(
    z.object({
      timestamp: time.describe('Of the last, where it came several times in a row.'),
      error: z.string(),
      transport: z.string().nullable(),
      details: z.looseObject({}),
    }),
  ),
});

type Entries = readonly JournalEntry[];

/** Of all keys of a client together. */
export function merged(journals: readonly Entries[], most: number): Entries {
  return journals
    .flat()
    .sort((a, b) => a.at - b.at)
    .slice(-most);
}

export function eventsOf(entries: Entries): z.output<typeof clientTrace>['events'] {
  return entries.map(({ at, count, journalEvent }) => ({
    timestamp: iso(at),
    ...journalEvent,
    ...(count && { count }),
  }));
}

export function errorsOf(entries: Entries, transport: string | undefined): z.output<typeof clientErrors>['errors'] {
  return entries.flatMap(({ at, count = 1, journalEvent }) => {
    const { event, error, transport: by = null, ...details } = journalEvent;
    if (event !== 'error' || (transport !== undefined && by !== transport)) return [];
    return [{ timestamp: iso(at), error: String(error), transport: by, details: { ...details, count } }];
  });
}
