import { randomBytes } from 'node:crypto';

const PRIORITIES = ['high', 'normal', 'low'];
/** Messages that a client which does not acknowledge may ask for again. */
const REPLAY = 4_000;
const WINDOW = 100;
const FULL = 1_048_576;

const shortId = () => randomBytes(9).toString('base64url');

/**
 * What docs/WIRE.md promises, in as few lines as it takes: queues by priority, a window with sequences, feeds with a cursor.
 * A feed: `{ write(entry), tell(type, payload), close(), buffered, cursor }`.
 */
export class Session {
  id = shortId();
  token = shortId();
  epoch = shortId();
  acks = false;
  topics = new Set();
  feeds = new Set();
  queues = { high: [], normal: [], low: [] };
  window = [];
  next = 0;

  constructor(clientId) {
    this.clientId = clientId;
  }

  get base() {
    return this.next - this.window.length;
  }

  /** @returns what became of it */
  publish(message) {
    this.queues[message.priority].push(message);
    this.pump();
    return this.feeds.size > 0 ? 'delivered' : 'queued';
  }

  pump() {
    while (this.feeds.size > 0) {
      const priority = PRIORITIES.find(name => this.queues[name].length > 0);
      if (priority === undefined) break;
      if (this.acks && this.window.length >= WINDOW && priority !== 'high') break;
      this.enter(this.queues[priority].shift());
    }
    for (const feed of this.feeds) this.flush(feed);
    this.trim();
  }

  enter(message) {
    this.window.push({ sequence: this.next, message, acked: false });
    this.next++;
  }

  flush(feed) {
    while (feed.cursor < this.next) {
      if (feed.buffered > FULL) return;
      const entry = this.window[feed.cursor - this.base];
      feed.cursor++;
      feed.write(entry);
    }
  }

  /** Who does not acknowledge has a window of a fixed size, and what was not written yet. */
  trim() {
    if (this.acks) return;
    const written = Math.min(this.next, ...[...this.feeds].map(feed => feed.cursor));
    while (this.window.length > REPLAY && this.base < written) this.window.shift();
  }

  /** @returns the gap that it has to be told, if any */
  join(feed, { epoch, last, takesOver }) {
    if (takesOver) for (const other of this.feeds) this.replace(other);
    feed.cursor = this.base;
    let gap;
    if (epoch !== undefined) {
      if (epoch !== this.epoch) gap = 'epoch';
      else if (last >= this.next) gap = 'unknown_position';
      else {
        if (this.acks) this.ack(last);
        feed.cursor = Math.max(this.base, last + 1);
        if (feed.cursor > last + 1) gap = 'overrun';
      }
    }
    return gap && { epoch: this.epoch, next: feed.cursor, from: null, to: null, reason: gap };
  }

  attach(feed) {
    this.feeds.add(feed);
    this.pump();
  }

  detach(feed) {
    this.feeds.delete(feed);
  }

  replace(feed) {
    feed.tell('connection_status', { status: 'replaced' });
    this.detach(feed);
    feed.close();
  }

  /** @returns whether it was right */
  ack(sequence) {
    if (sequence >= this.next) return false;
    const confirmed = sequence - this.base + 1;
    if (confirmed > 0) this.window.splice(0, confirmed);
    this.pump();
    return true;
  }

  ackMessage(id) {
    const entry = this.window.find(one => one.message.id === id);
    if (entry === undefined) return false;
    entry.acked = true;
    while (this.window[0]?.acked) this.window.shift();
    this.pump();
    return true;
  }
}
