import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { Counters } from '../../telemetry/counters.js';
import { Clock } from '../../kernel/clock.js';
import { Node } from '../../kernel/ports/node.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { checked, release, why } from './checked.js';
import { Described } from './described.js';
import { By, Operator } from './operator.js';
import { Records } from './records.js';
import { count, iso, time } from './views/words.js';

const drain = z.strictObject({ why, stop: z.boolean().default(false) });

const drainState = z.object({
  draining: z.boolean(),
  stopping: z.boolean(),
  since: time.nullable(),
  why: z.string().nullable(),
  sessions: count,
  calls_in_flight: count,
  connections: count,
});

/** This process: whether it takes work in. */
@Administered()
@Controller('mcp/admin')
export class NodeController {
  /** Since when an operator has it drained, and why. */
  private asked: { since: number; why: string } | undefined;

  constructor(
    private readonly node: Node,
    private readonly vitals: Vitals,
    private readonly counters: Counters,
    private readonly clock: Clock,
    private readonly records: Records,
    private readonly changes: Changes,
  ) {}

  @Get('drain')
  @Described({ summary: 'Whether this node takes new work, and what still runs.', answer: drainState })
  drainState(): z.output<typeof drainState> {
    const { draining, stopping } = this.node.state;
    const { callsInFlight } = this.vitals.load();
    const all = (counts: Counters['sessions']): number => [...counts.entries()].reduce((sum, [, one]) => sum + one, 0);
    return {
      draining: draining || this.vitals.draining,
      stopping,
      since: this.asked ? iso(this.asked.since) : null,
      why: this.asked?.why ?? null,
      sessions: all(this.counters.sessions),
      calls_in_flight: callsInFlight,
      connections: all(this.counters.connections),
    };
  }

  @Post('drain')
  @HttpCode(200)
  @Described({
    summary: 'Takes no new sessions and calls; with `stop` the process ends when running calls have.',
    body: drain,
    answer: drainState,
  })
  drain(@Body() body: unknown, @By() who: Operator): object {
    const { why: reason, stop } = checked(drain, body);
    this.records.allow(stop ? 'stop' : 'drain');
    const before = this.node.state;
    this.asked ??= { since: this.clock.now(), why: reason };
    if (stop) this.node.stop();
    else this.node.drain();
    this.changes.note(who, { action: stop ? 'stop' : 'drain', why: reason, before, after: this.node.state });
    return this.drainState();
  }

  /** @throws GatewayError `conflict` */
  @Delete('drain')
  @Described({ summary: 'Takes new work again.', body: release, answer: drainState })
  resume(@Body() body: unknown, @By() who: Operator): object {
    const { why: reason } = checked(release, body);
    const before = this.node.state;
    this.node.resume();
    this.asked = undefined;
    this.changes.note(who, { action: 'resume', why: reason, before, after: this.node.state });
    return this.drainState();
  }
}
