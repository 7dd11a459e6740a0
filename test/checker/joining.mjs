/**
 * What a client says when it joins, by what it is and what it knows. `position`: what it asks to follow on; `lie`: that it
 * says a position it does not have, which must cost it nothing but a `gap`.
 */
export function sayOnJoining({ client, books, dice, wire }) {
  const { id, says } = client;
  const first = books.epoch === undefined;
  const named = { client_id: id, topics: client.topics.join(',') };
  const via = wire !== 'event_stream' && dice.chance(says === 'nothing' ? 0.4 : 0.15) ? 'url' : 'hello';
  const transport = { websocket: 'websocket', event_stream: 'http_sse' }[wire] ?? 'websocket';
  // Who can come by several wires leaves it to the gateway.
  const prefers = client.wires.includes('event_stream') && client.wires.length > 1 ? {} : { transport };
  if (says === 'nothing') return { via, params: { ...named, ...prefers } };
  if (says === 'position') {
    const lastEventId = books.eventId;
    const position =
      lastEventId === undefined ? undefined : Number(lastEventId.slice(lastEventId.lastIndexOf(':') + 1));
    return { via, params: { ...named, ...prefers }, lastEventId, position };
  }
  if (first) return { via, params: { ...named, ...prefers, acks: true } };
  const token = books.token;
  // By the URL alone only who has a `client_id` there is heard.
  const params = { resume_token: token, acks: true, ...(via === 'url' || dice.chance(0.5) ? named : {}), ...prefers };
  const { lie, ...where } = whereAmI(books, dice);
  return { via, token, lie, position: lie ? undefined : where.last, params: { ...params, ...where } };
}

function whereAmI({ epoch, last }, dice) {
  if (last < 0) return {};
  const how = dice.weighted({ truth: 75, nothing: 10, epoch: 9, future: 6 });
  if (how === 'truth') return { epoch, last };
  if (how === 'nothing') return {};
  // Near enough to be believed by who does not look at the epoch.
  if (how === 'epoch') return { lie: 'epoch', epoch: otherThan(epoch), last: last + dice.whole(1, 20) };
  return { lie: 'future', epoch, last: last + 1_000_000 };
}

/** An epoch of the same form. */
function otherThan(epoch) {
  const end = epoch.at(-1);
  return epoch.slice(0, -1) + (end === '1' ? '2' : '1');
}
