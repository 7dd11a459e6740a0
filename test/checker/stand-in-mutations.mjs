/** The mistakes of `gateway-mutations.mjs`, made in the stand-in: the checker's eyes are tested before there is anything to see. */

const FILE = 'session.mjs';

export const STAND_IN_MUTATIONS = [
  {
    name: 'ack trims one too many',
    file: FILE,
    find: 'if (confirmed > 0) this.window.splice(0, confirmed);',
    replace: 'if (confirmed > 0) this.window.splice(0, confirmed + 1);',
  },
  {
    name: 'stale ack trims',
    file: FILE,
    find: 'if (confirmed > 0) this.window.splice(0, confirmed);',
    replace: 'this.window.splice(0, Math.max(1, confirmed));',
  },
  {
    name: 'ack beyond the last sent is believed',
    file: FILE,
    find: 'if (sequence >= this.next) return false;',
    replace: '',
  },
  {
    name: 'replay starts one late',
    file: FILE,
    find: 'feed.cursor = Math.max(this.base, last + 1);',
    replace: 'feed.cursor = Math.max(this.base, Math.min(this.next, last + 2));',
  },
  {
    name: 'replay starts one early',
    file: FILE,
    find: 'feed.cursor = Math.max(this.base, last + 1);\n        if (feed.cursor',
    replace: 'feed.cursor = Math.max(this.base, this.acks ? last + 1 : last);\n        if (feed.cursor',
  },
  {
    name: 'sequence assigned twice',
    file: FILE,
    find: 'this.next++;',
    replace: 'if (this.next % 500 !== 499) this.next++; else this.window.pop();',
  },
  {
    name: 'queue is a stack',
    file: FILE,
    find: 'this.enter(this.queues[priority].shift());',
    replace: 'this.enter(this.queues[priority].pop());',
  },
  {
    name: 'detaching loses what was entered',
    file: FILE,
    find: 'detach(feed) {\n    this.feeds.delete(feed);',
    replace:
      'detach(feed) {\n    this.feeds.delete(feed);\n    if (this.feeds.size === 0 && !this.acks) this.window.splice(-1);',
  },
  {
    name: 'cursor advanced when the socket is full',
    file: FILE,
    find: 'if (feed.buffered > FULL) return;',
    replace: 'if (feed.buffered > FULL) return void feed.cursor++;',
  },
  {
    name: 'full socket drops',
    file: FILE,
    find: '      if (feed.buffered > FULL) return;\n      const entry = this.window[feed.cursor - this.base];\n      feed.cursor++;\n      feed.write(entry);',
    replace:
      '      const entry = this.window[feed.cursor - this.base];\n      feed.cursor++;\n      if (feed.buffered > FULL) continue;\n      feed.write(entry);',
  },
  {
    name: 'published ids are not remembered',
    file: 'house.mjs',
    find: 'this.#published.set(id, answer);',
    replace: '',
  },
  {
    name: 'ids are remembered, the repeat is sent all the same',
    file: 'house.mjs',
    find: 'return { ...before, repeated: true };',
    replace:
      '{\n      for (const one of this.#meant(audience)) one.publish({ id: draft.id, type: draft.type, priority: draft.priority, event: draft.event, payload: draft.payload });\n      return { ...before, repeated: true };\n    }',
  },
  {
    name: 'resuming ignores the epoch',
    file: FILE,
    find: "if (epoch !== this.epoch) gap = 'epoch';\n      else if",
    replace: 'if',
  },
  {
    name: 'trimming loses what is low',
    file: FILE,
    find: 'while (this.window[0]?.acked) this.window.shift();',
    replace: "while (this.window[0]?.acked || this.window[0]?.message.priority === 'low') this.window.shift();",
  },
  {
    name: 'low messages are shed in silence',
    file: FILE,
    find: 'this.queues[message.priority].push(message);',
    replace:
      "if (message.priority !== 'low' || this.queues.low.length < 40) this.queues[message.priority].push(message);",
  },
  {
    name: 'taking over leaves the other open',
    file: FILE,
    find: 'if (takesOver) for (const other of this.feeds) this.replace(other);',
    replace: '',
  },
];
