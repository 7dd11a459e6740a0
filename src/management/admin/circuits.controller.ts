import { setTimeout as delay } from 'node:timers/promises';
import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { EventBus } from '../../telemetry/event-bus.js';
import { GatewayError } from '../../kernel/errors.js';
import { Governance } from '../../kernel/ports/governance.js';
import { ForcedState, LeverWriter } from '../../kernel/ports/levers.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { TransportCircuits } from '../../resilience/transport-circuits.js';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { checked, forMs, why } from './checked.js';
import { Described } from './described.js';
import { checkTarget } from './lever-request.js';
import { By, Operator } from './operator.js';

const target = z.string().min(1).max(512);
const force = z.strictObject({ target, state: z.enum(['open', 'closed']), why, for_ms: forMs });
const release = z.strictObject({ target, why: why.default('not needed any more') });

/** How long S3 may take to do what it was asked, and how long is waited between looks, in ms. */
const PATIENCE = 3_000;
const LOOK = 20;

/** Circuits as they are, and what S3 is asked to hold them at. */
@Administered()
@Controller('mcp/admin/circuits')
export class CircuitsController {
  constructor(
    private readonly vitals: Vitals,
    private readonly transports: TransportCircuits,
    private readonly leverWriter: LeverWriter,
    private readonly governance: Governance,
    private readonly bus: EventBus,
    private readonly changes: Changes,
  ) {}

  @Get()
  @Described({ summary: 'Circuits as they are, and those that are held.' })
  circuits(): object {
    const forced = this.leverWriter.settings().filter(({ lever }) => lever === 'circuit');
    const of = (name: string): object | null => {
      const { value, by, why, until } = forced.find(each => each.target === name && each.effective) ?? {};
      return value === undefined ? null : { state: value, by, why, until };
    };
    const transports = (['http_sse', 'websocket'] as const).map(transport => ({
      transport,
      state: this.transports.state(transport),
      forced: of(transport),
    }));
    const instances = this.vitals.circuits().map(circuit => ({ ...circuit, forced: of(circuit.instance) }));
    const states = Object.fromEntries([
      ...transports.map(({ transport, state }) => [transport, state]),
      ...instances.map(({ instance, state }) => [instance, state]),
    ]) as Record<string, string>;
    return { states, instances, transports };
  }

  /** @throws GatewayError `conflict` where S3 does not do it */
  @Post()
  @HttpCode(200)
  @Described({ summary: 'Asks S3 to hold one, for a while where one is said.', body: force })
  async force(@Body() body: unknown, @By() who: Operator): Promise<object> {
    const { target, state, why, for_ms } = checked(force, body);
    checkTarget({ lever: 'circuit', target }, this.vitals);
    this.governance.verify(`circuit.${state}`);
    const before = this.held(target);
    await this.ask(target, state, why, for_ms);
    const after = { state, for_ms: for_ms ?? null };
    this.changes.note(who, { action: `force circuit ${state}`, target, why, before, after });
    return { target, forced: state, by: 's3' };
  }

  @Delete()
  @Described({ summary: 'Lets one go by what it sees itself.', body: release })
  async release(@Body() body: unknown, @By() who: Operator): Promise<object> {
    const { target, why } = checked(release, body);
    this.governance.verify('circuit.release');
    const before = this.held(target);
    await this.ask(target, null, why);
    this.changes.note(who, { action: 'release circuit', target, why, before, after: null });
    return { target, forced: null };
  }

  private held(target: string): ForcedState | null {
    return this.leverWriter.setting('s3', 'circuit', target)?.value ?? null;
  }

  private async ask(target: string, state: ForcedState | null, why: string, for_ms?: number): Promise<void> {
    this.bus.emit('force_circuit_state', { target, state, why: `operator: ${why}`, forMs: for_ms });
    const obeyed = (): boolean => this.held(target) === state;
    for (let waited = 0; !obeyed() && waited < PATIENCE; waited += LOOK) await delay(LOOK);
    if (!obeyed()) throw new GatewayError('conflict', 'S3 has not done that.');
  }
}
