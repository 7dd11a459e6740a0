import { idOf, PRIORITIES } from './message.mjs';

/** Of each client and rule. */
const TOLD = 3;

/**
 * What only who knows both sides can see, when everything is over: what was accepted and not dispatched, or the other way
 * round, and in which order. Clients have checked their own sequences already.
 * @returns violations
 */
export function audit(ledger, trails = new Map()) {
  return ledger.clients.flatMap(client => {
    const violations = [];
    const counts = new Map();
    const violate = (rule, text) => {
      const count = (counts.get(rule) ?? 0) + 1;
      counts.set(rule, count);
      if (count <= TOLD) violations.push({ client: client.id, rule, text, trail: trails.get(client.id) ?? [] });
    };
    const places = dispatches(client, ledger, violate);
    missing(client, places, violate);
    order(client, ledger, violate);
    for (const [rule, count] of counts) {
      if (count > TOLD) violations.push({ client: client.id, rule, text: `… ${count} such things in all`, trail: [] });
    }
    return violations;
  });
}

/** Number → sequence of all it dispatched. */
function dispatches({ accepted, dispatched }, ledger, violate) {
  const places = new Map();
  for (let i = 0; i < dispatched.length; i += 2) {
    const [sequence, number] = [dispatched[i], dispatched[i + 1]];
    if (places.has(number))
      violate('twice', `${idOf(number)} was dispatched at ${places.get(number)} and at ${sequence}`);
    places.set(number, sequence);
    if (!accepted.has(number)) {
      if (!ledger.unknown.has(number))
        violate('stray', `${idOf(number)} was dispatched and never accepted for this client`);
    } else if ((accepted.get(number) ?? sequence) !== sequence) {
      violate('sequence', `${idOf(number)} was accepted as sequence ${accepted.get(number)} and came as ${sequence}`);
    }
  }
  return places;
}

function missing({ accepted }, places, violate) {
  for (const [number, sequence] of accepted) {
    if (places.has(number)) continue;
    violate(
      'lost',
      `${idOf(number)} was accepted${sequence === undefined ? '' : ` as ${sequence}`} and never dispatched`,
    );
  }
}

/**
 * Of one priority, what was answered before something else was sent is dispatched before it; what one publisher sent, in
 * the order in which it was sent, within a batch too.
 */
function order({ dispatched }, ledger, violate) {
  const latest = PRIORITIES.map(() => ({ sent: -Infinity, number: -1, by: new Map() }));
  for (let i = 1; i < dispatched.length; i += 2) {
    const number = dispatched[i];
    const seen = latest[ledger.priority[number]];
    if (seen === undefined) continue;
    const name = `${idOf(number)} (${PRIORITIES[ledger.priority[number]]})`;
    const before = seen.by.get(ledger.publisher[number]) ?? -1;
    if (number < before) violate('order', `${name} was dispatched after ${idOf(before)} of the same publisher`);
    else if (ledger.answered[number] < seen.sent) {
      violate('order', `${name} was dispatched after ${idOf(seen.number)}, sent when it had long been accepted`);
    }
    seen.by.set(ledger.publisher[number], Math.max(before, number));
    if (ledger.sent[number] > seen.sent) Object.assign(seen, { sent: ledger.sent[number], number });
  }
}
