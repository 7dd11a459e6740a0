import { Watcher } from '../delivery/outbox.js';
import { Appended } from '../delivery/message-log.js';
import { ErrorCode } from '../kernel/errors.js';
import { DeliveryStatus, Publication, Receipt } from '../kernel/ports/publish.js';
import { HubSession } from './hub-session.js';

const REASONS: Record<Exclude<Appended, 'accepted'>, ErrorCode> = {
  outbox_full: 'outbox_full',
  unknown: 'client_not_found',
};

/** What becomes of one message, for each session that is to have it. */
export class DeliveryReceipts implements Watcher {
  private readonly bySession = new Map<string, Receipt>();
  private readonly refused: Receipt[] = [];
  private unconfirmed = 0;
  private onConfirmed: () => void = () => undefined;

  /** @param confirm whether only a client's confirmation counts as delivered */
  constructor(
    private readonly message: string,
    private readonly confirm: boolean,
  ) {}

  add({ session }: HubSession, outcome: Appended): void {
    const receipt = { client_id: session.clientId, session: session.id };
    if (outcome !== 'accepted') return this.refuse(receipt, REASONS[outcome]);
    // It may have been given to its client before the log's answer came.
    this.receiptOf(session.id).client_id = session.clientId;
  }

  refuse(receipt: Pick<Receipt, 'client_id' | 'session'>, reason: ErrorCode): void {
    this.refused.push({ ...receipt, status: 'refused', reason });
  }

  given(session: string, sequence: number): void {
    const receipt = this.receiptOf(session);
    receipt.sequence = sequence;
    if (!this.confirm) receipt.status = 'delivered';
  }

  confirmed(session: string): void {
    const receipt = this.receiptOf(session);
    if (receipt.status === 'delivered') return;
    receipt.status = 'delivered';
    if (--this.unconfirmed === 0) this.onConfirmed();
  }

  /** Resolves when everybody has confirmed, or the time is over. */
  async wait(ms: number): Promise<void> {
    if (this.unconfirmed === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>(resolve => {
      this.onConfirmed = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  get publication(): Publication {
    const results = [...this.bySession.values(), ...this.refused].map(receipt => ({ ...receipt }));
    const counts: Record<DeliveryStatus, number> = { delivered: 0, queued: 0, refused: 0 };
    for (const { status } of results) counts[status]++;
    return { id: this.message, results, counts };
  }

  private receiptOf(session: string): Receipt {
    let receipt = this.bySession.get(session);
    if (!receipt) {
      receipt = { client_id: '', session, status: 'queued' };
      this.bySession.set(session, receipt);
      if (this.confirm) this.unconfirmed++;
    }
    return receipt;
  }
}
