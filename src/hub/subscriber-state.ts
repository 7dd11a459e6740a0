import { Cursor } from '../delivery/cursor.js';
import { Pass } from '../kernel/ports/access.js';
import { assertTransition, Transitions } from '../kernel/transitions.js';
import { Inbound } from './protocols/codec.js';
import { HubSession } from './hub-session.js';
import { SubscriberJournal } from './subscriber-journal.js';

/** Takes an answer; an empty one is none. */
export type Reply = (text: string) => unknown;

/** What came while its client was being let in. */
export interface EarlyFrame {
  inbound: Inbound<unknown>;
  reply: Reply;
}

/** What a subscriber has of the session that it has joined. */
export interface Membership {
  hubSession: HubSession;
  reader: Cursor;
  pass: Pass;
  /** Of the client whose session it is. */
  notes: SubscriberJournal;
}

/**
 * What a subscriber is doing. `waiting`: its client has not joined, or has left. `joining`: it is being let in. `joined`: it
 * reads a session's outbox. `ended`: for good.
 */
export type SubscriberState =
  { is: 'waiting' } | { is: 'joining'; early: EarlyFrame[] } | ({ is: 'joined' } & Membership) | { is: 'ended' };

export type SubscriberEvent = 'join' | 'admitted' | 'not_admitted' | 'leave' | 'end';

export const SUBSCRIBER_TRANSITIONS: Transitions<SubscriberState['is'], SubscriberEvent> = {
  waiting: { join: 'joining', end: 'ended' },
  joining: { admitted: 'joined', not_admitted: 'waiting', end: 'ended' },
  joined: { leave: 'waiting' },
  ended: {},
};

/** A subscriber's state, and the only way from one to the next. */
export class SubscriberLife {
  private current: SubscriberState = { is: 'waiting' };

  get state(): SubscriberState {
    return this.current;
  }

  get membership(): Membership | undefined {
    return this.current.is === 'joined' ? this.current : undefined;
  }

  join(): EarlyFrame[] {
    const early: EarlyFrame[] = [];
    this.go('join', { is: 'joining', early });
    return early;
  }

  admitted(membership: Membership): void {
    this.go('admitted', { is: 'joined', ...membership });
  }

  notAdmitted(): void {
    this.go('not_admitted', { is: 'waiting' });
  }

  leave(): void {
    this.go('leave', { is: 'waiting' });
  }

  end(): void {
    this.go('end', { is: 'ended' });
  }

  private go(event: SubscriberEvent, to: SubscriberState): void {
    assertTransition(SUBSCRIBER_TRANSITIONS, 'a subscriber', this.current.is, event, to.is);
    this.current = to;
  }
}
