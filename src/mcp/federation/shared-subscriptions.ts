import { leastSevere } from '../eras/legacy/log-level.js';

/** What sessions have asked of a unit by a link that they share: the unit hears of the first and of the last. */
export class SharedSubscriptions<User> {
  private readonly subscribers = new Map<string, Set<User>>();
  private readonly levels = new Map<User, string>();

  subscriptionsOf(user: User): string[] {
    return [...this.subscribers].flatMap(([uri, users]) => (users.has(user) ? [uri] : []));
  }

  isSubscribed(user: User, uri: string): boolean {
    return this.subscribers.get(uri)?.has(user) ?? false;
  }

  /** Whether the unit has this subscription already. */
  has(uri: string): boolean {
    return this.subscribers.has(uri);
  }

  subscribe(user: User, uri: string): void {
    const users = this.subscribers.get(uri);
    if (users) users.add(user);
    else this.subscribers.set(uri, new Set([user]));
  }

  /** @returns whether it was the last one's */
  unsubscribe(user: User, uri: string): boolean {
    const users = this.subscribers.get(uri);
    if (!users?.delete(user)) return false;
    return users.size === 0 && this.subscribers.delete(uri);
  }

  /** @returns the level by which everybody gets what it asked for, if the unit must be told of it */
  setLevel(user: User, level: string): string | undefined {
    const before = leastSevere(this.levels.values());
    this.levels.set(user, level);
    const now = leastSevere(this.levels.values());
    return now === before ? undefined : now;
  }

  /** @returns the subscriptions that were only this one's */
  leave(user: User): string[] {
    this.levels.delete(user);
    return this.subscriptionsOf(user).filter(uri => this.unsubscribe(user, uri));
  }
}
