import { GatewayError } from '../../kernel/errors.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Instance, Unit } from '../../kernel/ports/unit.js';
import { Lease } from '../../pool/lease.js';
import { LegacyHandshake } from '../eras/legacy/handshake.js';
import { Sequence } from '../eras/legacy/request-map.js';
import { LINK_TRANSITIONS, LinkEvent, LinkState } from './link-state.js';
import { LinkListener, LinkUser, UpstreamLink } from './upstream-link.js';
import { UpstreamOwner } from './upstream-owner.js';

type Name = LinkState['is'];

const STATES = Object.keys(LINK_TRANSITIONS) as Name[];
const WHY = new GatewayError('unit_unavailable', 'a test');

/** What brings a new link into each state. */
const WAY_TO: Record<Name, readonly LinkEvent[]> = {
  opening: [],
  restoring: ['initialized'],
  open: ['initialized', 'restored'],
  draining: ['initialized', 'restored', 'left'],
  lost: ['failed'],
  closed: ['given_up'],
};

/** A link of its own, and what its listener and its pool were told. */
class Stage {
  readonly told: string[] = [];
  readonly handshake = new LegacyHandshake('1', 1e6);
  readonly user = { owner: { shared: false } as UpstreamOwner, unit: { name: 'u' } as Unit, waits: false };
  readonly link: UpstreamLink;
  readonly lease: Lease;

  constructor() {
    const note =
      (what: string) =>
      (...[, detail]: unknown[]): void =>
        void this.told.push(typeof detail === 'string' ? `${what} ${detail}` : what);
    const listener: LinkListener<LinkUser> = {
      initialized: note('initialized'),
      received: note('received'),
      callFailed: note('callFailed'),
      lost: note('lost'),
      reclaimed: note('reclaimed'),
      drained: note('drained'),
    };
    const instance = { id: 'u/a' } as Instance;
    this.link = new UpstreamLink<LinkUser>(this.user, instance, this.handshake, new Sequence(), listener);
    const unitLink = { send: () => undefined, negotiated: () => undefined, close: () => Promise.resolve() };
    const pool = { counted: () => undefined, parked: () => this.told.push('parked'), released: () => undefined };
    this.lease = new Lease(instance, this.link, unitLink, pool);
    this.link.checkedOut(this.lease);
  }

  do(event: LinkEvent): void {
    switch (event) {
      case 'initialized':
        return this.link.agreed('2025-11-25');
      case 'restored':
        return this.link.restored();
      case 'left':
        return this.link.drain();
      case 'failed':
        return this.link.lose(WHY);
      case 'given_up':
        return this.link.closeSoon();
    }
  }

  static in(state: Name): Stage {
    const stage = new Stage();
    for (const event of WAY_TO[state]) stage.do(event);
    return stage;
  }
}

const EVENTS = ['initialized', 'restored', 'left', 'failed', 'given_up'] as const satisfies readonly LinkEvent[];
const PAIRS = STATES.flatMap(state => EVENTS.map(event => [state, event, LINK_TRANSITIONS[state][event]] as const));
const RESPONSE = JsonRpcMessage.of({ id: 7, result: {} });

describe('UpstreamLink', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each(PAIRS)('that is %s, when %s: %s', (state, event, to) => {
    const stage = Stage.in(state);
    const { link } = stage;
    expect(link.state).toBe(state);
    if (to === undefined) {
      expect(() => stage.do(event)).toThrow(`From ${state}, '${event}' does not lead a link to`);
      expect(link.state).toBe(state);
    } else {
      stage.do(event);
      expect(link.state).toBe(to);
    }
  });

  it.each(STATES)('that is %s has a lease exactly as long as it lives', state => {
    const { link, lease } = Stage.in(state);
    expect(link.lease).toBe(state === 'lost' || state === 'closed' ? undefined : lease);
    expect(link.lives).toBe(link.lease !== undefined);
  });

  it.each([
    ['opening', []],
    ['restoring', ['received', 'callFailed 3', 'lost']],
    ['open', ['received', 'callFailed 3', 'lost']],
    ['draining', ['received', 'callFailed 3', 'lost']],
    ['lost', []],
    ['closed', ['parked']],
  ] as const)('that is %s passes on what the unit does: %j', (state, told) => {
    const stage = Stage.in(state);
    if (state !== 'opening') stage.link.receive(RESPONSE);
    stage.link.failed('3', WHY);
    stage.link.ended(WHY);
    expect(stage.told).toEqual(told);
    expect(stage.handshake.failed).toBe(!['restoring', 'open', 'draining'].includes(state));
  });

  it('sends nothing once it is gone', () => {
    for (const state of ['lost', 'closed'] as const)
      expect(() => Stage.in(state).link.send(RESPONSE)).toThrow(GatewayError);
  });

  describe('its health', () => {
    const first = new GatewayError('outcome_unknown', 'first');

    it.each([
      ['asking', ['asking'], 'well'],
      ['refusing', ['refusing'], 'well'],
      ['asking and refusing', ['asking', 'refusing'], 'well'],
    ] as const)('is suspect while %s, until all of it is cleared', (_, causes, end) => {
      const { link } = Stage.in('open');
      expect(link.health).toEqual({ is: 'well' });
      for (const cause of causes) link[cause](WHY, 5);
      for (const cause of causes) {
        expect(link.health).toMatchObject({ is: 'suspect', since: 5, [cause]: true });
        link.cleared(cause);
      }
      expect(link.health.is).toBe(end);
    });

    it('keeps since when, and that it takes no connections before what came first', () => {
      const { link } = Stage.in('draining');
      link.asking(first, 5);
      link.refusing(WHY, 9);
      link.asking(first, 12);
      expect(link.health).toEqual({ is: 'suspect', why: WHY, since: 5, asking: true, refusing: true });
    });
  });

  describe('that drains', () => {
    it('ends with its last call, and is parked before', () => {
      const stage = Stage.in('draining');
      stage.link.settled();
      expect(stage.told).toEqual(['drained']);
    });

    it('does not wait for what its session has still to send', () => {
      const stage = Stage.in('draining');
      stage.user.waits = true;
      expect(stage.link.busy).toBe(false);
    });
  });
});
