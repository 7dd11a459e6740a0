import { Outbox } from '../delivery/outbox.js';
import { FlowControl, FlowControlSettings } from '../delivery/flow-control.js';
import { Clock } from '../kernel/clock.js';
import { Hub } from './hub.js';
import { HubVitals } from './hub-vitals.js';

class HeldClock extends Clock {
  at = 1_000;
  now(): number {
    return this.at;
  }
  elapsed(): number {
    return this.at;
  }
}

const PACING: FlowControlSettings = {
  windowHalf: 5,
  windowFull: 10,
  rate: 100,
  lag: 500,
  bundle: 50,
  socketBuffer: 1_024,
};

describe('HubVitals', () => {
  const clock = new HeldClock();
  const boxes: { session: { clientKey: string }; outbox?: Outbox }[] = [];
  const hub = { all: () => boxes.values(), outboxes: { bytes: 4_711 } } as unknown as Hub;
  let view: HubVitals;

  function box(clientKey: string): Outbox {
    const state = { epoch: 'e', first: 0, next: 0, confirmed: 0, queued: 0 };
    const outbox = new Outbox(clientKey, state, new FlowControl(PACING, clock.at), new Map());
    boxes.push({ session: { clientKey }, outbox });
    return outbox;
  }

  beforeEach(() => {
    boxes.length = 0;
    view = new HubVitals(hub, clock);
  });

  it('counts what is owed, and what is held of it', () => {
    boxes.push({ session: { clientKey: 'opening' } });
    Object.assign(box('a'), { queued: 3, next: 4, confirmed: 2 });
    box('nothing');
    expect(view.delivery()).toEqual({
      ...{ sessions: 3, queued: 3, inWindow: 2, bytes: 4_711 },
      slowest: [{ client: 'a', queued: 3, inWindow: 2, lagMs: 0 }],
    });
  });

  it('says how old the oldest message is that waits for its acknowledgement', () => {
    const outbox = box('a');
    outbox.next = 2;
    outbox.pacing.entered(2, 2, 0, clock.at);
    clock.at += 700;
    expect(view.delivery().slowest[0]!.lagMs).toBe(700);
    outbox.confirmed = 1;
    expect(view.delivery().slowest[0]!.lagMs).toBe(700);
    outbox.confirmed = 2;
    expect(view.delivery().slowest).toEqual([]);
  });

  it('says since when nothing became of what a client is owed that acknowledges nothing', () => {
    const outbox = box('a');
    outbox.queued = 5;
    const lag = (): number => view.delivery().slowest[0]!.lagMs;
    expect(lag()).toBe(0);
    clock.at += 300;
    expect(lag()).toBe(300);
    Object.assign(outbox, { next: 3, confirmed: 2 });
    expect(lag()).toBe(0);
    clock.at += 40;
    expect(lag()).toBe(40);
  });

  it('names the hundred that are most behind', () => {
    for (let i = 0; i < 150; i++) box(String(i)).queued = i;
    const { slowest } = view.delivery();
    expect([slowest.length, slowest[0]!.queued, slowest[99]!.queued]).toEqual([100, 149, 50]);
  });
});
