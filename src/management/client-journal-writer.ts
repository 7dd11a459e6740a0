import { ClientActivities } from '../telemetry/client-activity.js';
import { EventBus } from '../telemetry/event-bus.js';
import { JournalEvent } from '../kernel/ports/client-journal.js';

/** Puts into clients' journals what is told of them on the bus: their sessions, and what regulators do about them. */
export class ClientJournalWriter {
  constructor(
    bus: EventBus,
    private readonly activity: ClientActivities,
  ) {
    bus.on('session_opened', ({ client, session, transport, unit }) => {
      activity.of(client).note({ event: 'session_opened', session, transport, ...(unit !== '' && { unit }) });
    });
    bus.on('session_closed', ({ client, session, transport, reason, ageMs }) =>
      this.note(client, { event: 'session_closed', session, transport, reason, age_s: Math.round(ageMs / 1_000) }),
    );
    bus.on('check_oscillation', ({ client, from, to, waitMs }) => {
      if (waitMs > 0) this.note(client, { event: 'switch_refused', from, to, retry_ms: Math.round(waitMs) });
    });
    bus.on('lever_moved', ({ lever, target, value, by, why }) => {
      if (lever === 'rate_limit' || lever === 'held')
        this.note(target, { event: value === null ? 'released' : 'restrained', lever, value: String(value), by, why });
    });
    bus.on('usage_pattern', ({ client, pattern, present }) =>
      this.note(client, { event: present ? 'pattern' : 'pattern_ended', pattern }),
    );
  }

  /** Of those who are remembered. */
  private note(client: string, journalEvent: JournalEvent): void {
    this.activity.find(client)?.note(journalEvent);
  }
}
