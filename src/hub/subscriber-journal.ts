import { Gap } from '../delivery/position.js';
import { ClientActivity } from '../telemetry/client-activity.js';
import { TransportName } from '../kernel/ports/connection.js';
import { Entry } from '../kernel/ports/envelope.js';
import { ErrorCode } from '../kernel/errors.js';
import { JournalEvent } from '../kernel/ports/client-journal.js';
import { Joined } from './join.js';

/** What is counted and noted of the client that a connection serves, from its joining to its leaving. */
export class SubscriberJournal {
  constructor(
    readonly activity: ClientActivity,
    /** The session's label. */
    private readonly session: string,
    private readonly transport: TransportName,
  ) {}

  /** @param replayed messages of the window that are sent again */
  entered({ position, resumed, switchedFrom }: Joined, replayed: number, gap: Gap | undefined): void {
    const { activity } = this;
    activity.connects++;
    activity.connections++;
    if (switchedFrom) {
      activity.switches++;
      this.note({ event: 'transport_switch', from: switchedFrom, to: this.transport });
    }
    if (resumed) this.note({ event: 'resumed', from: position?.last, replayed });
    else this.note({ event: 'connected' });
    if (!gap) return;
    const lost = gap.from === null || gap.to === null ? undefined : gap.to - gap.from + 1;
    this.note({ event: 'gap', reason: gap.reason, lost });
  }

  /** @param how `broken`, `closed`, or why the gateway closed it */
  left(how: string): void {
    this.activity.connections--;
    this.note({ event: 'disconnected', how });
  }

  failed(error: ErrorCode): void {
    this.note({ event: 'error', error });
  }

  sent({ message, sequence }: Entry, size: number): void {
    this.activity.sent++;
    if (this.activity.scrutiny?.messages) this.note({ event: 'message_sent', type: message.type, size, sequence });
  }

  received(type: string, size: number): void {
    if (this.activity.scrutiny?.messages) this.note({ event: 'message_received', type, size });
  }

  private note(journalEvent: JournalEvent): void {
    this.activity.note({ ...journalEvent, transport: this.transport, session: this.session });
  }
}
