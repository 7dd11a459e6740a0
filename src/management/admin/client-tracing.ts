import { ClientActivity } from '../../telemetry/client-activity.js';
import { GatewayError } from '../../kernel/errors.js';
import { Log } from '../../kernel/log.js';
import { ClientTrace } from '../../kernel/ports/client-journal.js';
import { iso } from './views/words.js';

/** Clients that are looked at closely at a time. */
const MOST = 16;

export interface TracedClient {
  log_messages: boolean;
  trace_routing: boolean;
  /** ISO 8601. */
  until: string;
}

interface Watch {
  keys: readonly ClientActivity[];
  timer: NodeJS.Timeout;
  shown: TracedClient;
}

/** Clients that somebody looks at closely for a while: each message and call goes into their journal, and into the log. */
export class ClientTracing {
  /** By what the operator calls them. */
  private readonly open = new Map<string, Watch>();

  constructor(
    private readonly log: Log,
    private readonly now: () => number,
  ) {}

  of(id: string): TracedClient | null {
    return this.open.get(id)?.shown ?? null;
  }

  /** @throws GatewayError `conflict`: as many are as may be */
  begin(id: string, keys: readonly ClientActivity[], messages: boolean, routing: boolean, forMs: number): TracedClient {
    this.end(id);
    if (this.open.size >= MOST) throw new GatewayError('conflict', `${MOST} clients are watched already.`);
    for (const activity of keys) activity.scrutiny = this.scrutiny(activity.client, messages, routing);
    const timer = setTimeout(() => this.end(id), forMs).unref();
    const shown = { log_messages: messages, trace_routing: routing, until: iso(this.now() + forMs) };
    this.open.set(id, { keys, timer, shown });
    return shown;
  }

  end(id: string): void {
    const watch = this.open.get(id);
    if (!watch) return;
    clearTimeout(watch.timer);
    for (const activity of watch.keys) activity.scrutiny = undefined;
    this.open.delete(id);
  }

  /** The client's name is its own choice: it goes where messages are logged, which somebody has asked for. */
  private scrutiny(client: string, messages: boolean, routing: boolean): ClientTrace {
    return {
      messages,
      routing,
      tell: journalEvent => this.log.info({ client, ...journalEvent }, 'a watched client'),
    };
  }
}
