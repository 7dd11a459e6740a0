/**
 * How each wire of docs/WIRE.md says the same. `read` gives `{ kind, … }`: `connected`, `message`, `gap`, `status`, `error`,
 * `answer`, `pong`, `left` or `other`.
 */

/** The id of our pings. */
const PING = 'ping';
const TOPIC = 'mcp:gateway';
const JOIN = '1';

const isMessage = value => typeof value?.sequence === 'number' && typeof value.id === 'string';

/** What frames of the gateway's own mean, whichever wire they came on. */
function ofType(type, payload) {
  if (type === 'connected' || (type === 'connection_status' && payload?.status === 'connected')) {
    return { kind: 'connected', connected: payload };
  }
  if (type === 'gap') return { kind: 'gap', gap: payload };
  if (type === 'error') return { kind: 'error', error: payload };
  if (type === 'ack') return { kind: payload?.id === PING ? 'pong' : 'answer' };
  if (type === 'connection_status') return { kind: 'status', status: payload };
  return { kind: 'other', type };
}

/** Frames that are not wrapped in a payload. */
const OWN = new Set(['ack', 'error']);

export const native = {
  ping: () => JSON.stringify({ type: 'ping', id: PING }),
  hello: params => JSON.stringify({ type: 'hello', data: params }),
  ack: what => JSON.stringify({ type: 'ack', ...what }),
  read(text) {
    const frame = JSON.parse(text);
    if (isMessage(frame)) return { kind: 'message', message: frame };
    return ofType(frame.type, OWN.has(frame.type) ? frame : frame.payload);
  },
};

/** @param version 1: objects, 2: arrays */
export function phoenix(version) {
  let ref = 1;
  const pings = new Set();
  const push = (event, payload) => {
    const own = event === 'phx_join' ? JOIN : String(++ref);
    const topic = event === 'heartbeat' ? 'phoenix' : TOPIC;
    if (version === 2) return JSON.stringify([topic === TOPIC ? JOIN : null, own, topic, event, payload]);
    return JSON.stringify({ topic, event, payload, ref: own, ...(topic === TOPIC ? { join_ref: JOIN } : {}) });
  };
  return {
    hello: params => push('phx_join', params),
    /** An epoch cannot be said here. */
    ack: ({ epoch: _, ...what }) => push('ack', what),
    ping() {
      pings.add(String(ref + 1));
      return push('ping', {});
    },
    heartbeat: () => push('heartbeat', {}),
    read(text) {
      const frame = JSON.parse(text);
      const [, own, , event, payload] = Array.isArray(frame)
        ? frame
        : [null, frame.ref, frame.topic, frame.event, frame.payload];
      if (event === 'phx_reply') {
        const { status, response } = payload;
        if (status !== 'ok') return { kind: 'error', error: response };
        return own === JOIN
          ? { kind: 'connected', connected: response }
          : { kind: pings.delete(own) ? 'pong' : 'answer' };
      }
      if (event === 'phx_close' || event === 'phx_error') return { kind: 'left' };
      if (isMessage(payload)) return { kind: 'message', message: payload, event };
      return ofType(event, payload);
    },
  };
}

/** Acks go by POST, as native frames. */
export const eventStream = {
  ack: what => ({ type: 'ack', ...what }),
  ping: () => ({ type: 'ping', id: PING }),
  readAnswer: frame => ofType(frame.type, frame),
  read({ event, data, id }) {
    const value = JSON.parse(data);
    if (isMessage(value)) return { kind: 'message', message: value, event, eventId: id };
    return { ...ofType(event, value), eventId: id };
  },
};
