import { GatewayError } from '../../kernel/errors.js';
import { CACHED_LIST_TRANSITIONS, CachedListEvent, CachedListLife, CachedListState } from './cached-list-state.js';

type Name = CachedListState['is'];

const ENTRIES = [{ key: 'a', text: '{"name":"a"}' }];
const EVENTS: CachedListEvent[] = ['load', 'change', 'loaded', 'loaded_outdated', 'failed', 'forget'];

/** What brings a new list into each state. */
const WAY_TO: Record<Name, readonly CachedListEvent[]> = {
  empty: [],
  loading: ['load'],
  fresh: ['load', 'loaded'],
  stale: ['load', 'loaded', 'change'],
  failed: ['load', 'failed'],
};

const LEGAL = [
  'empty load loading',
  'empty change empty',
  'loading change loading',
  'loading loaded fresh',
  'loading loaded_outdated stale',
  'loading failed failed',
  'fresh load loading',
  'fresh change stale',
  'stale load loading',
  'stale change stale',
  'failed load loading',
  'failed change failed',
  'failed forget empty',
];

function send(life: CachedListLife, event: CachedListEvent): void {
  switch (event) {
    case 'load':
      return life.load(Promise.resolve());
    case 'change':
      return life.change();
    case 'loaded_outdated':
      life.change();
      return life.loaded(ENTRIES);
    case 'loaded':
      return life.loaded(ENTRIES);
    case 'failed':
      return life.failed(new GatewayError('unit_timeout'));
    case 'forget':
      return life.forget();
  }
}

function inState(name: Name): CachedListLife {
  const life = new CachedListLife();
  for (const event of WAY_TO[name]) send(life, event);
  return life;
}

const pairs = (Object.keys(CACHED_LIST_TRANSITIONS) as Name[]).flatMap(from =>
  EVENTS.map(event => [from, event] as const),
);

describe('the state of a cached list', () => {
  it.each(pairs)('%s, %s', (from, event) => {
    const life = inState(from);
    expect(life.state.is).toBe(from);
    const to = LEGAL.map(line => line.split(' ')).find(([state, what]) => state === from && what === event)?.[2];
    if (to === undefined) expect(() => send(life, event)).toThrow('does not lead a list to');
    else {
      send(life, event);
      expect(life.state.is).toBe(to);
    }
  });

  it.each(['empty', 'fresh', 'stale', 'failed'] as const)(
    'is %s still for those who look while it is loading',
    name => {
      const life = inState(name);
      const before = life.settled;
      send(life, 'load');
      expect(life.settled).toBe(before);
    },
  );

  it('counts failures in a row, also past its being forgotten', () => {
    const life = inState('failed');
    for (const event of ['load', 'failed', 'forget', 'load', 'failed'] as const) send(life, event);
    expect(life.settled).toMatchObject({ failures: 3 });
    for (const event of ['load', 'loaded', 'load', 'failed'] as const) send(life, event);
    expect(life.settled).toMatchObject({ failures: 1 });
  });
});
