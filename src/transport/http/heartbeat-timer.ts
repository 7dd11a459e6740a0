/** Something that wants to hear from us now and then, lest a proxy take it for dead. */
export interface HeartbeatTarget {
  /** @param now milliseconds since the epoch */
  beat(now: number): void;
}

/** One timer for all connections of a door: every member beats once an interval. Without members it stands still. */
export class HeartbeatTimer {
  private readonly members = new Set<HeartbeatTarget>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param interval milliseconds */
  constructor(private readonly interval: number) {}

  get size(): number {
    return this.members.size;
  }

  add(member: HeartbeatTarget): void {
    if (this.stopped) return;
    this.members.add(member);
    this.timer ??= setInterval(() => this.beat(), this.interval).unref();
  }

  delete(member: HeartbeatTarget): void {
    this.members.delete(member);
  }

  stop(): void {
    this.stopped = true;
    this.members.clear();
    this.rest();
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Stands still when there was nobody for a whole interval: members may come and go with each request. */
  private beat(): void {
    if (this.members.size === 0) return this.rest();
    const now = Date.now();
    for (const member of this.members) member.beat(now);
  }
}
