import { FakeLevers } from '../../../test/support/fake-levers.js';
import { HandClock } from '../../../test/support/hand-clock.js';
import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { Unit } from '../../kernel/ports/unit.js';
import { CallQueues } from './call-queues.js';
import { Backlog } from './backlog.js';
import { Waiting } from './call.js';
import { Turn, UpstreamSession } from './upstream-session.js';

const unit = { name: 'u' } as Unit;

/** As far as a queue looks at it. */
function sessionOf(client: string): UpstreamSession {
  const upstream = { unit, queued: new Backlog(), owner: { clientOf: () => client }, has: () => false };
  return upstream as unknown as UpstreamSession;
}

describe('CallQueue', () => {
  let levers: FakeLevers;
  let sent: Turn[];
  let queues: CallQueues;

  beforeEach(() => {
    levers = new FakeLevers();
    sent = [];
    queues = new CallQueues(levers, new HandClock(), { most: 100, patience: 1_000 });
    queues.start({ send: turn => sent.push(turn), refuse: () => undefined });
  });

  const call = (id: number): Waiting => {
    const frame = JsonRpcMessage.of({ id, method: 'tools/call', params: { name: 'x' } });
    return { frame, via: undefined as never, scope: '', tries: 0, unsure: false };
  };

  it.each([0, 0.5])(
    'lets one call through where the limit is %d: without answers nobody learns that it is over',
    async limit => {
      levers.set('concurrency', 'u', limit);
      const queue = queues.of(unit);
      const upstream = sessionOf('a');
      const flight = queue.enter(upstream, call(1));
      expect(flight).toBeDefined();
      flight!.began();
      expect(queue.enter(upstream, call(2))).toBeUndefined();
      flight!.ended();
      await Promise.resolve();
      expect(sent).toHaveLength(1);
    },
  );
});
