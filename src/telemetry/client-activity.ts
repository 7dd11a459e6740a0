import { Clock } from '../kernel/clock.js';
import { JournalEvent, ClientTrace, ClientJournal } from '../kernel/ports/client-journal.js';
import { JournalEntries } from './client-journal.js';

/** Tools of one client that are counted apart. */
const MOST_TOOLS = 64;
/** Characters of a tool's name; it is the client that says it. */
const LONGEST = 128;
/** Clients that are remembered. */
const MOST = 20_000;
/** What journals hold together, as long as each may have its least; each has at most so much. */
const ENTRIES = { all: 50_000, least: 8, most: 64 };
/** Of a client that somebody looks at. */
const WATCHED = 1_000;

/** What one client has done, as plain numbers; whoever wants rates takes differences. */
export class ClientActivity implements ClientJournal {
  /** Messages and requests that came in, those refused counted. */
  messages = 0;
  /** Messages that were written to its connections, repeats counted. */
  sent = 0;
  /** Refused because of its limits. */
  refused = 0;
  /** Connections and sessions it began, and those it has now. */
  connects = 0;
  connections = 0;
  switches = 0;
  readonly tools = new Map<string, number>();
  readonly journal = new JournalEntries();
  scrutiny: ClientTrace | undefined;

  constructor(
    /** The key that limits and levers know it by. */
    readonly client: string,
    private readonly all: Pick<ClientActivities, 'now' | 'entries'>,
  ) {}

  note(journalEvent: JournalEvent): void {
    const { scrutiny } = this;
    this.journal.add(this.all.now, journalEvent, scrutiny ? WATCHED : this.all.entries);
    scrutiny?.tell(journalEvent);
  }

  calls(name: string): void {
    const tool = name.length > LONGEST ? '…' : name;
    const count = this.tools.get(tool);
    if (count !== undefined || this.tools.size < MOST_TOOLS) this.tools.set(tool, (count ?? 0) + 1);
  }
}

/** What clients do. Whoever serves one keeps its entry at hand, so that counting is an addition to a field. */
export class ClientActivities {
  private readonly clients = new Map<string, ClientActivity>();

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly most = MOST,
  ) {}

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.clock.now();
  }

  /** What one client's journal may hold. */
  get entries(): number {
    const share = Math.floor(ENTRIES.all / Math.max(1, this.clients.size));
    return Math.min(ENTRIES.most, Math.max(ENTRIES.least, share));
  }

  find(client: string): ClientActivity | undefined {
    return this.clients.get(client);
  }

  of(client: string): ClientActivity {
    const known = this.clients.get(client);
    if (known) return known;
    if (this.clients.size >= this.most) this.forgetOne();
    const activity = new ClientActivity(client, this);
    this.clients.set(client, activity);
    return activity;
  }

  all(): IterableIterator<ClientActivity> {
    return this.clients.values();
  }

  /** Nothing is known of it any more, unless it is connected. */
  forget(client: string): void {
    if (this.clients.get(client)?.connections === 0) this.clients.delete(client);
  }

  get size(): number {
    return this.clients.size;
  }

  /** The oldest that is not connected, else the oldest. */
  private forgetOne(): void {
    let oldest: string | undefined;
    for (const { client, connections } of this.clients.values()) {
      oldest ??= client;
      if (connections > 0) continue;
      oldest = client;
      break;
    }
    if (oldest !== undefined) this.clients.delete(oldest);
  }
}
