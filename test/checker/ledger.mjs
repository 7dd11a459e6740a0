import { PRIORITIES } from './message.mjs';

/** What was published and accepted for whom, by the gateway's own answers; and what clients say they dispatched. */
export class Ledger {
  /** Messages that were accepted for one client at least. */
  accepted = 0;
  /** Pairs of message and client. */
  due = 0;
  done = 0;
  refused = 0;
  #next = 0;
  /** By number: ms at which it was first sent, and at which the gateway had answered; who published it; its priority. */
  sent = [];
  answered = [];
  publisher = [];
  priority = [];
  /** By number: what was answered first, as text; nothing where nobody got it, since that may be tried again. */
  #answers = [];
  /** Publications that nobody knows the outcome of: they may come or not. */
  unknown = new Set();

  constructor(cast) {
    this.clients = cast.map(({ id }) => ({ id, accepted: new Map(), dispatched: [] }));
    this.byId = new Map(this.clients.map(client => [client.id, client]));
  }

  /** @returns the number of a new message */
  open(publisher, priority) {
    const number = this.#next++;
    this.sent[number] = performance.now();
    this.answered[number] = Infinity;
    this.publisher[number] = publisher;
    this.priority[number] = PRIORITIES.indexOf(priority);
    return number;
  }

  /**
   * What the gateway answered to the first publication of a message.
   * @returns what is wrong with the answer, or undefined
   */
  answer(number, answer, audience) {
    this.answered[number] = performance.now();
    const named = answer.results.map(result => result.client_id);
    const expected = [...audience].sort().join(' ');
    if ([...named].sort().join(' ') !== expected) return `went to ${named.join(' ') || 'nobody'}, was for ${expected}`;
    let accepted = 0;
    for (const { client_id: id, status, sequence } of answer.results) {
      if (status === 'refused') this.refused++;
      else if (status !== 'delivered' && status !== 'queued') return `has the status ${status}`;
      else {
        this.byId.get(id).accepted.set(number, sequence);
        accepted++;
      }
    }
    this.due += accepted;
    if (accepted > 0) {
      this.accepted++;
      this.#answers[number] = gist(answer);
    }
    return undefined;
  }

  /** Whether the same id once more is to be answered as before. */
  isKnown(number) {
    return this.#answers[number] !== undefined;
  }

  /** The answer to the same id once more. @returns what is wrong with it, or undefined */
  again(number, answer) {
    if (answer.repeated !== true) return 'was published again and not told so (`repeated`)';
    const [before, now] = [this.#answers[number], gist(answer)];
    return before === now ? undefined : `was published again and answered ${now}, before ${before}`;
  }

  lost(number) {
    this.answered[number] = Infinity;
    this.unknown.add(number);
  }

  /** @param pairs sequence, number, sequence, number … */
  dispatched(index, pairs) {
    const { dispatched } = this.clients[index];
    for (const value of pairs) dispatched.push(value);
    this.done += pairs.length / 2;
  }
}

/** What of an answer is the same when it is repeated. */
function gist({ id, results }) {
  return JSON.stringify([id, ...results.map(({ client_id, session, status }) => [client_id, session, status])]);
}
