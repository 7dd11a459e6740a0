import { Acks } from './acks.js';
import { ReceiveQueue } from './receive-queue.js';
import { Link } from './link.js';
import { ResumeState } from './resume-state.js';
import { Connected, Envelope, Gap, Position } from './protocol.js';
import { Sequencer } from './sequencer.js';

export interface ReceiverEvents {
  /** Whether somebody listens to messages. */
  ready(): boolean;
  /** Fulfilled when the application is done with it; never rejected. */
  message(envelope: Envelope): Promise<void>;
  gap(gap: Gap): Promise<void>;
  /** The connection in use. */
  link(): Link | undefined;
  /** What is missing will come on another connection only. */
  again(why: string): void;
}

/** Takes messages from connections, gives them out once and in order, and acknowledges them. */
export class Receiver {
  private sequencer = new Sequencer();
  private readonly inbox: ReceiveQueue;
  private readonly acks: Acks;
  private holes = 0;

  /** @param limit of messages that wait for the application */
  constructor(
    private readonly memory: ResumeState,
    limit: number,
    private readonly events: ReceiverEvents,
  ) {
    this.acks = new Acks(
      frame => events.link()?.send(frame),
      () => memory.save(),
    );
    this.inbox = new ReceiveQueue(limit, {
      ready: () => events.ready(),
      message: envelope => events.message(envelope),
      gap: gap => events.gap(gap),
      dispatched: (position, message) => this.dispatched(position, message),
      room: () => events.again('There is room for messages again.'),
    });
  }

  /** Goes on where the memory has it. */
  start(): void {
    this.sequencer = new Sequencer(this.memory.position);
  }

  /** Somebody listens who did not before. */
  pump(): void {
    this.inbox.pump();
  }

  welcomed({ epoch, next }: Connected): void {
    this.sequencer.welcome(epoch, next);
    this.memory.position ??= this.sequencer.position;
  }

  message(link: Link, envelope: Envelope): void {
    // Not taken, so the connection after this one brings it again.
    if (this.inbox.refuses()) return;
    const { sequence } = envelope;
    const { epoch } = link;
    let verdict = this.sequencer.offer(epoch, sequence);
    // A gateway that begins there twice has nothing before it, even if it does not say so.
    if (verdict === 'hole' && this.holes > 0 && link.first === sequence) {
      this.gap({ epoch, next: sequence, from: null, to: null, reason: 'unknown_position' });
      verdict = this.sequencer.offer(epoch, sequence);
    }
    if (verdict === 'dispatch') {
      this.holes = 0;
      this.inbox.add({ position: { epoch, last: sequence }, envelope });
    } else if (verdict === 'hole') {
      this.holes++;
      this.events.again(`Message ${sequence} came where another was due.`);
    }
  }

  gap(said: Gap): void {
    if (this.inbox.refuses()) return;
    if (said.epoch !== this.sequencer.position?.epoch) this.acks.forget();
    const gap = this.sequencer.gap(said);
    if (gap) this.inbox.add({ position: { epoch: gap.epoch, last: gap.next - 1 }, gap });
  }

  /** What was dispatched is acknowledged now. */
  flush(): void {
    this.acks.flush();
  }

  /** The connection is gone: the next hello says what was dispatched. */
  lost(): void {
    this.acks.forget();
    this.memory.save();
  }

  close(): void {
    this.acks.flush();
    this.inbox.close();
  }

  private dispatched(position: Position, message: boolean): void {
    this.memory.position = position;
    if (message && this.events.link()?.epoch === position.epoch) this.acks.dispatched(position);
    else this.memory.save();
  }
}
