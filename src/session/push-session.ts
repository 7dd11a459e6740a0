import { TransportName } from '../kernel/ports/connection.js';
import { Principal } from '../kernel/ports/access.js';
import { issueResumeToken, ResumeStub } from './resume-token.js';
import { SessionState, transition } from './state.js';

/** What is kept of a native or Phoenix session beside what every session has; plain data. */
export interface PushRecord {
  clientId: string;
  state: SessionState;
  address: string;
  /** Whether its client joins it by its name alone. */
  isDefault: boolean;
  role?: string;
  scopes: readonly string[];
  topics: readonly string[];
  /** The newest tokens and the one used last: the welcomes that brought the others may not have arrived. */
  resume: readonly ResumeStub[];
  /** What the client would rather be reached by. */
  preference: 'auto' | TransportName;
  terminalType?: string;
  windowSize?: readonly [columns: number, rows: number];
  capabilities?: readonly string[];
}

export interface PushSessionRecord {
  id: string;
  principal: string;
  transport: TransportName;
  /** Milliseconds since the epoch. */
  createdAt: number;
  lastActiveAt: number;
  channel: PushRecord;
}

/** How many ids of messages from its client a session remembers. */
const HEARD = 1_000;
/** How many tokens of a session are good at a time. */
const TOKENS = 3;

/** A client's relation to the gateway, whatever connections serve it now. */
export class PushSession {
  messagesIn = 0;
  /** Ids of the newest messages its client has sent, oldest first; made when there is one. */
  private heard: Set<string> | undefined;

  constructor(
    readonly record: PushSessionRecord,
    readonly principal: Principal,
  ) {}

  get id(): string {
    return this.record.id;
  }

  get clientId(): string {
    return this.record.channel.clientId;
  }

  /** Principal and client id: what limits count by. */
  get clientKey(): string {
    return clientKey(this.principal, this.clientId);
  }

  get state(): SessionState {
    return this.record.channel.state;
  }

  get label(): string {
    return this.record.id.slice(0, 8);
  }

  advance(to: SessionState): void {
    this.record.channel.state = transition(this.state, to);
  }

  hasTopic(topic: string): boolean {
    return this.record.channel.topics.includes(topic);
  }

  hasScope(scope: string): boolean {
    const { scopes } = this.record.channel;
    return scopes.includes(scope) || scopes.includes('*');
  }

  /** Whether a message with this id is among the newest. */
  hasHeard(id: string): boolean {
    return this.heard?.has(id) ?? false;
  }

  /** @returns whether a message with this id is new; a client that is not sure whether it arrived sends it again */
  hears(id: string): boolean {
    this.heard ??= new Set();
    if (this.heard.has(id)) return false;
    this.heard.add(id);
    if (this.heard.size > HEARD) this.heard.delete(this.heard.values().next().value!);
    return true;
  }

  /** One that was used counts as new: an EventSource comes with the one in its URL each time. */
  keepToken(stub: ResumeStub): void {
    const { channel } = this.record;
    channel.resume = [stub, ...channel.resume.filter(other => other !== stub)];
  }

  /** @param expiresAt milliseconds since the epoch */
  issueToken(expiresAt: number): string {
    const { token, stub } = issueResumeToken(this.id, expiresAt);
    this.record.channel.resume = [stub, ...this.record.channel.resume].slice(0, TOKENS);
    return token;
  }
}

export function clientKey({ id }: Principal, clientId: string): string {
  return `${id}\n${clientId}`;
}
