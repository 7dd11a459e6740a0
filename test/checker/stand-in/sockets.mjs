import { WebSocketServer } from 'ws';
import { Talk } from './talk.mjs';

const SILENT_FOR = 250;

/** `/mcp/ws` and `/mcp/ws/websocket` on this server. */
export function openSockets(server, house) {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    const url = new URL(request.url, 'http://stand-in');
    const params = Object.fromEntries(url.searchParams);
    if (url.pathname === '/mcp/ws/websocket') phoenix(socket, params, house);
    else native(socket, params, house);
  });
}

function native(socket, params, house) {
  const send = frame => socket.send(JSON.stringify(frame));
  const talk = new Talk(house, {
    message: send,
    tell: (type, payload) => send({ type, payload }),
    close: () => socket.close(1000, 'replaced'),
    buffered: () => socket.bufferedAmount,
  });
  const welcome = payload => send({ type: 'connection_status', payload: { status: 'connected', ...payload } });
  const join = said => {
    if (!talk.join(said, welcome)) refuse({ error: 'invalid_resume_token' });
  };
  const refuse = error => {
    send({ type: 'error', id: null, ...error });
    socket.close(1008, 'refused');
  };
  const silent = setTimeout(() => params.client_id && join(params), SILENT_FOR);
  socket.on('message', data => {
    clearTimeout(silent);
    const frame = JSON.parse(data.toString());
    if (frame.type === 'hello') return join({ ...params, ...frame.data });
    if (frame.type === 'ping') return send({ type: 'ack', id: frame.id, status: 'ok' });
    const error = talk.ack(frame);
    if (error) send({ type: 'error', id: null, ...error });
  });
  live(socket, talk, () => clearTimeout(silent));
}

function phoenix(socket, params, house) {
  const arrays = params.vsn === '2.0.0';
  let joinRef = null;
  const send = (ref, event, payload) =>
    socket.send(
      JSON.stringify(
        arrays
          ? [joinRef, ref, 'mcp:gateway', event, payload]
          : { topic: 'mcp:gateway', event, payload, ref, join_ref: joinRef },
      ),
    );
  const talk = new Talk(house, {
    message: one => send(null, one.event ?? 'message', one),
    tell: (type, payload) => send(null, type, payload),
    close: () => socket.close(1000, 'replaced'),
    buffered: () => socket.bufferedAmount,
  });
  socket.on('message', data => {
    const frame = JSON.parse(data.toString());
    const [join, ref, , event, payload] = arrays ? frame : [frame.join_ref, frame.ref, '', frame.event, frame.payload];
    const reply = (status, response) => send(ref, 'phx_reply', { status, response });
    if (event === 'heartbeat' || event === 'ping') return reply('ok', {});
    if (event === 'phx_join') {
      joinRef = join;
      if (!talk.join({ ...params, ...payload }, response => reply('ok', response)))
        reply('error', { error: 'invalid_resume_token' });
      return;
    }
    const error = talk.ack(payload);
    reply(error ? 'error' : 'ok', error ?? {});
  });
  live(socket, talk);
}

function live(socket, talk, onGone = () => undefined) {
  // What `ws` has not given to the socket yet counts too; a look now and then is enough here.
  const look = setInterval(() => talk.drained(), 20);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(look);
    onGone();
    talk.gone();
  });
}
