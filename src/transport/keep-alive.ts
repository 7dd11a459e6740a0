/** Something that wants to hear from us now and then, lest a proxy take it for dead. */
export interface Beating {
  /** @param now milliseconds since the epoch */
  beat(now: number): void;
}

/** One timer for all connections of a door: every member beats once an interval. */
export class KeepAlive {
  private readonly members = new Set<Beating>();
  private readonly timer: NodeJS.Timeout;

  constructor(interval: number) {
    this.timer = setInterval(() => this.beat(), interval);
    this.timer.unref();
  }

  get size(): number {
    return this.members.size;
  }

  add(member: Beating): void {
    this.members.add(member);
  }

  delete(member: Beating): void {
    this.members.delete(member);
  }

  stop(): void {
    clearInterval(this.timer);
    this.members.clear();
  }

  private beat(): void {
    const now = Date.now();
    for (const member of this.members) member.beat(now);
  }
}
