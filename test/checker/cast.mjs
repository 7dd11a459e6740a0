/**
 * Who takes part. `says`: `acks` (and its position on resuming), `position` (by Last-Event-ID) or `nothing`. `wires`: one of
 * them for each connection. `slow`: stops reading now and then, and publishers then send it much.
 */
const KINDS = {
  'acking-websocket': { says: 'acks', wires: ['websocket'] },
  'acking-switching': { says: 'acks', wires: ['websocket', 'event_stream'] },
  'acking-phoenix': { says: 'acks', wires: ['phoenix1', 'phoenix2'] },
  'acking-slow': { says: 'acks', wires: ['websocket', 'event_stream'], slow: true },
  positional: { says: 'position', wires: ['event_stream'] },
  'positional-slow': { says: 'position', wires: ['event_stream'], slow: true },
  'silent-websocket': { says: 'nothing', wires: ['websocket'] },
  'silent-phoenix': { says: 'nothing', wires: ['phoenix2', 'phoenix1'] },
  'silent-slow': { says: 'nothing', wires: ['websocket', 'phoenix2'], slow: true },
};

/** In which order parts are given; of 20 clients, half acknowledge. */
const PARTS = [
  'acking-websocket',
  'acking-switching',
  'positional',
  'silent-websocket',
  'acking-slow',
  'silent-phoenix',
  'acking-phoenix',
  'positional-slow',
  'acking-websocket',
  'silent-slow',
  'acking-switching',
  'positional',
  'acking-websocket',
  'silent-websocket',
  'acking-switching',
  'positional',
  'acking-websocket',
  'silent-phoenix',
  'acking-phoenix',
  'positional',
];

const ACK_STYLES = ['each', 'some', 'ids', 'mixed'];
const TOPICS = 8;

/** One client of this kind. */
export function player(id, kind) {
  return { id, index: 0, kind, slow: false, ...KINDS[kind], ackStyle: 'some', topics: ['topic-0'] };
}

/**
 * @param tight only those who acknowledge
 * @returns the clients of a run: `{ id, kind, says, wires, slow, ackStyle, topics }`
 */
export function cast(dice, count, { tight = false } = {}) {
  const choice = dice.for('cast');
  const parts = tight ? PARTS.filter(kind => KINDS[kind].says === 'acks') : PARTS;
  return Array.from({ length: count }, (_, index) => {
    const kind = parts[index % parts.length];
    return {
      id: `${String(index).padStart(2, '0')}-${kind}`,
      index,
      kind,
      slow: false,
      ...KINDS[kind],
      ackStyle: choice.pick(ACK_STYLES),
      topics: choice.shuffle(topics()).slice(0, choice.whole(1, 3)),
    };
  });
}

export const topics = () => Array.from({ length: TOPICS }, (_, index) => `topic-${index}`);
