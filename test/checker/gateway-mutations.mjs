/**
 * Ways to break the delivery of the gateway: in which file below dist/ which text, there exactly once, is replaced by which.
 * Each is a mistake that somebody could make.
 */

const OUTBOX = 'delivery/outbox.js';
const OUTBOXES = 'delivery/outboxes.js';
const POSITION = 'delivery/position.js';
const CURSOR = 'delivery/cursor.js';
const LOG = 'delivery/message-log.memory.js';
const PUBLISHER = 'hub/publisher.js';
const HUB_SESSION = 'hub/hub-session.js';

const FULL = `if (this.written - before > free || !sink.attached)
                break;`;

export const GATEWAY_MUTATIONS = [
  {
    name: 'an ack confirms one too many',
    file: OUTBOX,
    find: 'this.passOver(sequence + 1);',
    replace: 'this.passOver(Math.min(this.sent, sequence + 2));',
  },
  {
    name: 'a late ack confirms something',
    file: OUTBOX,
    find: `if (end <= this.confirmed)
            return;`,
    replace: 'if (end <= this.confirmed) end = Math.min(this.sent, this.confirmed + 1);',
  },
  {
    name: 'an ack beyond what was sent is believed',
    file: OUTBOX,
    find: ' || sequence >= this.sent)',
    replace: ')',
  },
  {
    name: 'an ack of one message confirms all before it',
    file: OUTBOX,
    find: 'this.passOver(this.acked);',
    replace: 'this.passOver(sequence + 1);',
  },
  {
    name: 'replay begins one late',
    file: POSITION,
    find: 'return { from: position.last + 1 };',
    replace: 'return { from: position.last + 2 };',
  },
  {
    name: 'replay begins one early',
    file: POSITION,
    find: 'return { from: position.last + 1 };',
    replace: 'return { from: Math.max(first, position.last) };',
  },
  {
    name: 'resuming does not look at the epoch',
    file: POSITION,
    find: 'if (position.epoch !== epoch)',
    replace: 'if (false)',
  },
  {
    name: 'a sequence is given twice',
    file: LOG,
    find: 'entries.push({ sequence: box.next++, message });',
    replace: 'entries.push({ sequence: box.next++ - (box.next % 200 === 0 ? 1 : 0), message });',
  },
  {
    name: 'the queue of a priority is a stack',
    file: LOG,
    find: 'const message = queue.shift();',
    replace: 'const message = queue.items.pop();',
  },
  {
    name: 'what a lost connection was given counts as confirmed',
    file: OUTBOXES,
    find: `if (!box.readers.delete(reader))
            return;`,
    replace: `if (!box.readers.delete(reader))
            return;
        box.confirm(reader.cursor);`,
  },
  {
    name: 'the cursor moves although the socket is full',
    file: CURSOR,
    find: FULL,
    replace: 'if (this.written - before > free || !sink.attached) { this.cursor = entry.sequence + 1; break; }',
  },
  {
    name: 'a full socket drops instead of stopping',
    file: CURSOR,
    find: FULL,
    replace: 'if (this.written - before > free || !sink.attached) { this.cursor = entry.sequence + 1; continue; }',
  },
  {
    name: 'published ids are not remembered',
    file: PUBLISHER,
    find: 'await this.log.once(key, JSON.stringify(compact(done)));',
    replace: 'await undefined;',
  },
  {
    name: 'ids under way are not looked at',
    file: PUBLISHER,
    find: 'if (running)',
    replace: 'if (false)',
  },
  {
    name: 'what is kept is counted from the newest, confirmed or not',
    file: LOG,
    find: 'while (box.first < box.confirmed && this.keepsTooMuch(box, needed))',
    replace:
      'while (box.next - box.first > this.limits.replayMessages && (box.confirmed = Math.max(box.confirmed, box.first + 1)))',
  },
  {
    name: 'a low message is lost on trimming',
    file: LOG,
    find: 'const message = box.window.shift();',
    replace: `const message = box.window.shift();
        if (box.window.at(0)?.priority === 'low') {
            this.release(box.window.shift());
            box.confirmed = Math.max(box.confirmed, ++box.first + 1);
        }`,
  },
  {
    name: 'low messages are shed and told to be accepted',
    file: LOG,
    find: '(box.queues[PRIORITIES.indexOf(message.priority)]',
    replace: `if (message.priority === 'low' && box.queued > 20) return 'accepted';
        (box.queues[PRIORITIES.indexOf(message.priority)]`,
  },
  {
    name: 'who is taken over from stays',
    file: HUB_SESSION,
    find: "hubConnection.end('replaced');",
    replace: '',
  },
];
