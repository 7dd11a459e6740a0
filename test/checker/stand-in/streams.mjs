import { randomBytes } from 'node:crypto';
import { Talk } from './talk.mjs';

/** Event streams, and the POSTs that belong to them. */
export class Streams {
  #talks = new Map();

  constructor(house) {
    this.house = house;
  }

  open(request, response, params) {
    const key = randomBytes(9).toString('base64url');
    const write = (event, data, id) =>
      response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    const talk = new Talk(
      this.house,
      {
        message: one => write(one.event ?? 'message', one, `${talk.session.epoch}:${one.sequence}`),
        tell: write,
        close: () => response.end(),
        buffered: () => response.writableLength,
      },
      { endpoint: `/mcp/post/${key}` },
    );
    const [epoch, last] = request.headers['last-event-id']?.split(':') ?? [];
    const said = epoch === undefined ? params : { ...params, epoch, last };
    response.on('close', () => {
      this.#talks.delete(key);
      talk.gone();
    });
    response.on('drain', () => talk.drained());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#talks.set(key, talk);
    if (!talk.join(said, connected => write('connected', connected, `${connected.epoch}:${connected.next - 1}`)))
      response.end();
  }

  /** @returns the answers, or undefined if there is no such stream */
  post(key, frames) {
    const talk = this.#talks.get(key);
    return (
      talk &&
      [frames].flat().flatMap(frame => {
        if (frame.type === 'ping') return [{ type: 'ack', id: frame.id, status: 'ok' }];
        const error = talk.ack(frame);
        return error ? [{ type: 'error', id: null, ...error }] : [];
      })
    );
  }
}
