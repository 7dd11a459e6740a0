import fc from 'fast-check';
import { FakedClock, FakeSink } from '../../test/support/fake-sink.js';
import { Budget } from '../kernel/budget.js';
import { Message, PRIORITIES, Priority } from '../kernel/ports/envelope.js';
import { MemoryMessageLog } from './message-log.memory.js';
import { Outbox } from './outbox.js';
import { Outboxes } from './outboxes.js';
import { ReaderKind } from './position.js';
import { Cursor } from './cursor.js';

type Operation =
  | { do: 'append'; priority: Priority; count: number }
  | { do: 'attach' | 'detach' | 'acknowledge' }
  | { do: 'acknowledgeOne'; which: number }
  | { do: 'socket' | 'client'; count: number }
  | { do: 'pass'; ms: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      priority: fc.constantFrom(...PRIORITIES),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('attach' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('detach' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acknowledge' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('acknowledgeOne' as const), which: fc.nat(10) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('socket' as const, 'client' as const),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 5, 50, 300) }) },
);

const SILENT_WINDOW = 6;
/** Small, so that everything is reached: the window's limits, the lag, the full socket. */
const SETTINGS = {
  owner: { node: 'a', fence: 1 },
  windowHalf: 5,
  windowFull: 10,
  rate: 1_000,
  lag: 200,
  bundle: 100,
  socketBuffer: 600,
  silentWindow: SILENT_WINDOW,
};
const clock = new FakedClock();

/** A client of one class, and what lies between it and the gateway: the socket's buffer, and what is on the wire. */
class World {
  readonly log: MemoryMessageLog;
  readonly outboxes: Outboxes;
  readonly errors: unknown[] = [];
  /** Accepted, by priority. */
  readonly accepted: Record<Priority, string[]> = { high: [], normal: [], low: [] };
  /** What the client has dispatched, in order; repeats, and what it missed, it knows by the sequence. */
  readonly dispatched: Message[] = [];
  repeats = 0;
  missed = 0;
  private last = -1;
  private made = 0;
  private box!: Outbox;
  private line:
    { sink: FakeSink; reader: Cursor; wire: { sequence: number; message: Message }[]; gaps: number } | undefined;

  constructor(
    private readonly kind: ReaderKind,
    private readonly replayMessages: number,
  ) {
    const limits = { messages: 200, bytes: 1e6, replayMessages, replayBytes: 1e9 };
    this.log = new MemoryMessageLog(limits, new Budget(1e9), clock);
    this.outboxes = new Outboxes(this.log, clock, SETTINGS, err => this.errors.push(err));
  }

  async run(operations: readonly Operation[]): Promise<void> {
    this.box = await this.outboxes.open('s');
    for (const one of operations) await this.step(one);
    await this.finish();
  }

  private async step(operation: Operation): Promise<void> {
    switch (operation.do) {
      case 'append':
        for (let i = 0; i < operation.count; i++) {
          const { priority } = operation;
          const message = new Message({ id: `m${this.made++}`, payload: '1', priority }, clock.now());
          const [answer] = await this.outboxes.append([this.box], message);
          if (answer === 'accepted') this.accepted[priority].push(message.id);
        }
        return;
      case 'attach':
        return this.attach();
      case 'detach':
        return this.detach();
      case 'socket': {
        if (!this.line) return;
        this.line.wire.push(...this.line.sink.drain(operation.count));
        // A silent client has the promise of its window: no more than that may be under way when it breaks.
        if (this.kind === 'silent') this.receive(this.line.wire.length - SILENT_WINDOW);
        if (operation.count % 2 === 0) this.outboxes.wake(this.box);
        return;
      }
      case 'client':
        return this.receive(operation.count);
      case 'acknowledge':
        if (this.kind === 'acking' && this.line && this.last >= 0)
          this.outboxes.acknowledge(this.box, this.line.reader, this.last, this.box.epoch);
        return;
      case 'acknowledgeOne': {
        const message = this.dispatched.at(-1 - operation.which);
        if (this.kind !== 'acking' || !this.line || !message) return;
        await this.outboxes.acknowledgeOne(this.box, this.line.reader, message.id).catch(() => undefined);
        return;
      }
      case 'pass':
        await jest.advanceTimersByTimeAsync(operation.ms);
    }
  }

  private attach(): void {
    this.detach();
    const sink = new FakeSink();
    sink.slow = true;
    const position = this.kind === 'silent' ? undefined : { epoch: this.box.epoch, last: this.last };
    const { reader, from, gap } = this.outboxes.attach(this.box, sink, this.kind, position);
    if (gap) this.miss(gap.next);
    if (this.kind !== 'silent') expect(from).toBe(this.last + 1);
    this.line = { sink, reader, wire: [], gaps: 0 };
    this.outboxes.start(this.box, reader);
  }

  private detach(): void {
    if (!this.line) return;
    this.line.sink.attached = false;
    this.outboxes.detach(this.box, this.line.reader);
    this.line = undefined;
  }

  /** The client reads so many messages off the wire. */
  private receive(count: number): void {
    if (!this.line || count <= 0) return;
    for (const { sequence, message } of this.line.wire.splice(0, count)) {
      const gap = this.line.sink.gaps[this.line.gaps];
      if (gap && sequence >= gap.next) {
        this.line.gaps++;
        this.miss(gap.next);
      }
      if (sequence <= this.last) {
        expect(this.dispatched.some(({ id }) => id === message.id)).toBe(true);
        this.repeats++;
        continue;
      }
      expect(sequence).toBe(this.last + 1);
      this.last = sequence;
      this.dispatched.push(message);
    }
  }

  private miss(next: number): void {
    this.missed += Math.max(0, next - this.last - 1);
    this.last = Math.max(this.last, next - 1);
  }

  /** The client comes back, and stays until it has everything. */
  private async finish(): Promise<void> {
    this.attach();
    for (let idle = 0; idle < 20; idle++) {
      const before = this.last;
      await this.step({ do: 'pass', ms: 200 });
      await this.step({ do: 'socket', count: 1_000 });
      await this.step({ do: 'client', count: 1_000 });
      await this.step({ do: 'acknowledge' });
      if (this.last > before) idle = 0;
    }
    this.detach();
  }

  check(): void {
    expect(this.errors).toEqual([]);
    const state = this.box;
    expect([state.queued, state.inWindow]).toEqual([0, 0]);
    for (const priority of PRIORITIES) {
      const got = this.dispatched.filter(message => message.priority === priority).map(({ id }) => id);
      // Where something was missed, and told, what came is in order at least.
      if (this.missed > 0) expect(this.accepted[priority].filter(id => got.includes(id))).toEqual(got);
      else expect(got).toEqual(this.accepted[priority]);
    }
    const all = Object.values(this.accepted).flat();
    expect(this.dispatched.length + this.missed).toBe(all.length);
    if (this.kind !== 'silent') expect(this.repeats).toBe(0);
    if (this.kind === 'acking' || this.replayMessages > 100) expect(this.missed).toBe(0);
    this.outboxes.stop();
  }
}

describe('Outboxes, whatever happens', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each([
    ['acking', 1_000],
    ['acking', 2],
    ['positional', 1_000],
    ['positional', 3],
    ['silent', 1_000],
  ] as const)('keep what they promise %s clients, with %d kept for replay', async (kind, replayMessages) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 120, size: 'max' }), async operations => {
        const world = new World(kind, replayMessages);
        await world.run(operations);
        world.check();
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    );
  });
});
