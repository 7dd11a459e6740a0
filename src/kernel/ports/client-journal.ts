/** Something that became of a client: times, names and sizes, never what its messages say. */
export interface JournalEvent {
  /** Such as `connected`, `resumed`, `transport_switch`, `error`; docs/ADMIN.md says more. */
  event: string;
  /** By name. */
  transport?: string;
  /** The first characters of the session's id. */
  session?: string;
  /** Bytes of a message. */
  size?: number;
  [member: string]: string | number | undefined;
}

/** What is noted of a client beyond what is noted of everybody, because somebody looks. */
export interface ClientTrace {
  /** Each message, in and out. */
  readonly messages: boolean;
  /** Where each call goes, and how long it takes. */
  readonly routing: boolean;
  tell(journalEvent: JournalEvent): void;
}

/** Notes what becomes of one client. */
export interface ClientJournal {
  scrutiny: ClientTrace | undefined;
  /** Messages that went out to it. */
  sent: number;
  note(journalEvent: JournalEvent): void;
}
