import { GatewayError } from '../../kernel/errors.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Lease } from '../../pool/lease.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';
import { Sequence } from '../eras/legacy/request-map.js';
import { SESSION_TRANSITIONS, SessionEvent, SessionStateName } from './session-state.js';
import { LinkListener } from './upstream-link.js';
import { UpstreamOwner } from './upstream-owner.js';
import { Link, UpstreamSession } from './upstream-session.js';

const NOTHING = (): void => undefined;
const LISTENER: LinkListener<UpstreamSession> = {
  initialized: NOTHING,
  received: NOTHING,
  callFailed: NOTHING,
  lost: NOTHING,
  reclaimed: NOTHING,
  drained: NOTHING,
};
const WHY = new GatewayError('session_ended');
const INSTANCE = { id: 'u/a' } as Instance;

/** What brings a new session into each state. */
const WAY_TO: Record<SessionStateName, readonly SessionEvent[]> = {
  unlinked: [],
  linking: ['open'],
  linked: ['open', 'opened'],
  ended: ['end'],
};

class Stage {
  readonly session = new UpstreamSession(
    { shared: false, home: { attached: false }, clientOf: () => 'c' } as unknown as UpstreamOwner,
    { name: 'u' } as Unit,
    new Sequence(),
    LISTENER,
  );
  /** The link it has or had; one of nobody's where it never had any. */
  private link: Link | undefined;

  get state(): SessionStateName {
    const { session } = this;
    if (session.ended) return 'ended';
    if (session.opening) return 'linking';
    return session.link ? 'linked' : 'unlinked';
  }

  do(event: SessionEvent): void {
    switch (event) {
      case 'open':
        return void this.session.open(() => new Promise(NOTHING));
      case 'opened':
        return this.session.opened((this.link = this.attempt()));
      case 'not_opened':
        return this.session.notOpened();
      case 'unlinked':
        return this.session.dropped(this.link!);
      case 'end':
        return this.session.end(WHY);
    }
  }

  /** A link that the unit has answered, if the session may have one. */
  attempt(): Link {
    if (this.state !== 'linking') return this.link!;
    const link = this.session.attempt(INSTANCE, new LegacyHandshake('1', 1e6));
    const unitLink = { send: NOTHING, negotiated: NOTHING, close: () => Promise.resolve() };
    link.checkedOut(new Lease(INSTANCE, link, unitLink, { counted: NOTHING, parked: NOTHING, released: NOTHING }));
    link.agreed('2025-11-25');
    link.restored();
    return link;
  }

  static in(state: SessionStateName): Stage {
    const stage = new Stage();
    for (const event of WAY_TO[state]) stage.do(event);
    return stage;
  }
}

const STATES = Object.keys(SESSION_TRANSITIONS) as SessionStateName[];
const EVENTS = ['open', 'opened', 'not_opened', 'unlinked', 'end'] as const satisfies readonly SessionEvent[];
const PAIRS = STATES.flatMap(state => EVENTS.map(event => [state, event, SESSION_TRANSITIONS[state][event]] as const));

describe('UpstreamSession', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each(PAIRS)('that is %s, at %s: %s', (state, event, to) => {
    const stage = Stage.in(state);
    expect(stage.state).toBe(state);
    if (to === undefined) {
      expect(() => stage.do(event)).toThrow(`From ${state}, '${event}' does not lead an upstream session to`);
      expect(stage.state).toBe(state);
    } else {
      stage.do(event);
      expect(stage.state).toBe(to);
    }
  });

  it('leaves its link where it is, and goes on without one', () => {
    const { session } = Stage.in('linked');
    const { link } = session;
    expect(session.leave()).toBe(link);
    expect(session.link).toBeUndefined();
    expect([...session.draining]).toEqual([link]);
    expect(link!.state).toBe('draining');
    expect(() => session.leave()).toThrow('An upstream session that is unlinked leaves no link.');
  });

  it('forgets a link that has drained, and keeps its own', () => {
    const stage = Stage.in('linked');
    const left = stage.session.leave();
    for (const event of ['open', 'opened'] as const) stage.do(event);
    const { link } = stage.session;
    stage.session.dropped(left);
    expect(stage.session.draining.size).toBe(0);
    expect(stage.session.link).toBe(link);
  });

  it('gives all its links up when it ends', () => {
    const stage = Stage.in('linked');
    const left = stage.session.leave();
    for (const event of ['open', 'opened'] as const) stage.do(event);
    const { link } = stage.session;
    stage.session.end(WHY);
    expect([left.state, link!.state]).toEqual(['closed', 'closed']);
    expect([...stage.session.links()]).toEqual([]);
  });

  it('holds messages back while a link is being opened', () => {
    const { session } = Stage.in('linking');
    expect(session.waiting).toEqual([]);
    expect(session.waits).toBe(true);
    session.takeWaiting();
    expect(session.waiting).toBeUndefined();
  });
});
