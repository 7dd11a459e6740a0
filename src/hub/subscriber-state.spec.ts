import {
  Membership,
  SUBSCRIBER_TRANSITIONS,
  SubscriberEvent,
  SubscriberLife,
  SubscriberState,
} from './subscriber-state.js';

type Name = SubscriberState['is'];

const MEMBERSHIP = {} as Membership;
const EVENTS: SubscriberEvent[] = ['join', 'admitted', 'not_admitted', 'leave', 'end'];

/** What brings a new subscriber into each state. */
const WAY_TO: Record<Name, readonly SubscriberEvent[]> = {
  waiting: [],
  joining: ['join'],
  joined: ['join', 'admitted'],
  ended: ['end'],
};

const LEGAL = [
  'waiting join joining',
  'waiting end ended',
  'joining admitted joined',
  'joining not_admitted waiting',
  'joining end ended',
  'joined leave waiting',
];

function send(life: SubscriberLife, event: SubscriberEvent): void {
  switch (event) {
    case 'join':
      return void life.join();
    case 'admitted':
      return life.admitted(MEMBERSHIP);
    case 'not_admitted':
      return life.notAdmitted();
    case 'leave':
      return life.leave();
    case 'end':
      return life.end();
  }
}

function inState(name: Name): SubscriberLife {
  const life = new SubscriberLife();
  for (const event of WAY_TO[name]) send(life, event);
  return life;
}

const pairs = (Object.keys(SUBSCRIBER_TRANSITIONS) as Name[]).flatMap(from =>
  EVENTS.map(event => [from, event] as const),
);

describe("a subscriber's life", () => {
  it.each(pairs)('%s, %s', (from, event) => {
    const life = inState(from);
    expect(life.state.is).toBe(from);
    const to = LEGAL.map(line => line.split(' ')).find(([state, what]) => state === from && what === event)?.[2];
    if (to === undefined) {
      expect(() => send(life, event)).toThrow(`From ${from}, '${event}' does not lead a subscriber`);
      expect(life.state.is).toBe(from);
    } else {
      send(life, event);
      expect(life.state.is).toBe(to);
      expect(life.membership !== undefined).toBe(to === 'joined');
    }
  });
});
