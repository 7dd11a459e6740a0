import { Session } from './session.mjs';

/** All sessions, and publishing to them. */
export class House {
  #sessions = new Map();
  #tokens = new Map();
  #published = new Map();

  session({ client_id: id, resume_token: token }) {
    if (token !== undefined) return this.#tokens.get(token);
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = new Session(id);
      this.#sessions.set(id, session);
      this.#tokens.set(session.token, session);
    }
    return session;
  }

  publish(draft, audience) {
    const before = this.#published.get(draft.id);
    if (before !== undefined) return { ...before, repeated: true };
    const { type = 'message', priority = 'normal', id, event, payload } = draft;
    const message = { id, type, priority, event, topic: audience.topic, payload };
    const results = this.#meant(audience).map(session => ({
      client_id: session.clientId,
      session: session.id,
      status: session.publish(message),
    }));
    const count = status => results.filter(result => result.status === status).length;
    const counts = { delivered: count('delivered'), queued: count('queued'), refused: 0 };
    const answer = { id, results, counts };
    this.#published.set(id, answer);
    return answer;
  }

  #meant({ include, exclude, topic }) {
    return [...this.#sessions.values()]
      .filter(({ clientId }) => include === undefined || include.includes(clientId))
      .filter(({ clientId }) => !exclude?.includes(clientId))
      .filter(({ topics }) => topic === undefined || topics.has(topic));
  }
}
