import { JournalEvent } from '../kernel/ports/client-journal.js';

/** An occurrence, and when it was: milliseconds since the epoch. */
export interface JournalEntry {
  at: number;
  /** How often it came in a row, where that is more than once; `at` is the last time. */
  count?: number;
  journalEvent: JournalEvent;
}

/** What became of a client lately, the oldest first. */
export class JournalEntries {
  private readonly entries: JournalEntry[] = [];

  /** @param most entries that are kept; the oldest go */
  add(at: number, journalEvent: JournalEvent, most: number): void {
    const last = this.entries.at(-1);
    // Whoever goes on being refused is not to push out what came before.
    if (last && isRepeated(last.journalEvent, journalEvent)) {
      last.at = at;
      last.count = (last.count ?? 1) + 1;
      return;
    }
    this.entries.push({ at, journalEvent });
    if (this.entries.length > most) this.entries.splice(0, this.entries.length - most);
  }

  recent(most: number): readonly JournalEntry[] {
    return this.entries.slice(Math.max(0, this.entries.length - most));
  }
}

function isRepeated(last: JournalEvent, next: JournalEvent): boolean {
  return last.event === 'error' && next.event === 'error' && last.error === next.error && last.session === next.session;
}
