/** What native, Phoenix and event stream have in common: joining, acks, and the form of what is written. */

const REFUSED = { error: 'invalid_ack', reason: 'invalid_ack', message: 'wrong', retry_after: null };

export function envelope({ sequence, message }) {
  const { id, type, event, topic, priority, payload } = message;
  return { id, sequence, timestamp: Date.now() * 1_000, type, event, topic, priority, payload };
}

/** One connection. `writer`: `message(envelope)`, `tell(type, payload)`, `refuse(ref, error)`, `close()`, `buffered()`. */
export class Talk {
  constructor(house, writer, extra = {}) {
    this.house = house;
    this.writer = writer;
    this.extra = extra;
  }

  get buffered() {
    return this.writer.buffered();
  }

  write(entry) {
    this.writer.message(envelope(entry));
  }

  tell(type, payload) {
    this.writer.tell(type, payload);
  }

  close() {
    this.writer.close();
  }

  /** @param welcome takes what `connected` holds */
  join(params, welcome) {
    const session = this.house.session(params);
    if (session === undefined) return false;
    this.session = session;
    if (params.acks !== undefined) session.acks = String(params.acks) === 'true';
    for (const topic of String(params.topics ?? '')
      .split(',')
      .filter(Boolean))
      session.topics.add(topic);
    const { epoch, last } = params;
    const takesOver = params.resume_token !== undefined;
    const gap = session.join(this, { epoch, last: Number(last), takesOver });
    welcome({
      client_id: session.clientId,
      session_id: session.id,
      resume_token: session.token,
      expires_at: Date.now() + 3_600_000,
      epoch: session.epoch,
      next: this.cursor,
      resumed: takesOver,
      heartbeat_interval: 30_000,
      ...this.extra,
    });
    if (gap !== undefined) this.tell('gap', gap);
    session.attach(this);
    return true;
  }

  /** @returns the error, if it is wrong */
  ack({ sequence, msg_id: id, epoch }) {
    const { session } = this;
    const right =
      (epoch === undefined || epoch === session.epoch) &&
      (id === undefined ? session.ack(sequence) : session.ackMessage(id));
    return right ? undefined : REFUSED;
  }

  drained() {
    this.session?.pump();
  }

  gone() {
    this.session?.detach(this);
  }
}
