import { setTimeout as delay } from 'node:timers/promises';
import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { Bus } from '../../events/bus.js';
import { GatewayError } from '../../kernel/errors.js';
import { Governance } from '../../kernel/governance.js';
import { ForcedState, LeverDesk } from '../../kernel/levers.js';
import { Vitals } from '../../kernel/vitals.js';
import { TransportCircuits } from '../../resilience/transport-circuits.js';
import { Administered } from './administered.js';
import { checked, forMs, why } from './checked.js';
import { checkTarget } from './lever-request.js';

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
    private readonly desk: LeverDesk,
    private readonly governance: Governance,
    private readonly bus: Bus,
  ) {}

  @Get()
  circuits(): object {
    const forced = this.desk.settings().filter(({ lever }) => lever === 'circuit');
    const of = (name: string): object | null => {
      const { value, by, why, until } = forced.find(each => each.target === name && each.effective) ?? {};
      return value === undefined ? null : { state: value, by, why, until };
    };
    const transports = (['http_sse', 'websocket'] as const).map(transport => ({
      transport,
      state: this.transports.state(transport),
      forced: of(transport),
    }));
    return {
      instances: this.vitals.circuits().map(circuit => ({ ...circuit, forced: of(circuit.instance) })),
      transports,
    };
  }

  /** @throws GatewayError `conflict` where S3 does not do it */
  @Post()
  @HttpCode(200)
  async force(@Body() body: unknown): Promise<object> {
    const { target, state, why, for_ms } = checked(force, body);
    checkTarget({ lever: 'circuit', target }, this.vitals);
    this.governance.verify(`circuit.${state}`);
    await this.ask(target, state, why, for_ms);
    return { target, forced: state, by: 's3' };
  }

  @Delete()
  async release(@Body() body: unknown): Promise<object> {
    const { target, why } = checked(release, body);
    this.governance.verify('circuit.release');
    await this.ask(target, null, why);
    return { target, forced: null };
  }

  private async ask(target: string, state: ForcedState | null, why: string, for_ms?: number): Promise<void> {
    this.bus.emit('force_circuit_state', { target, state, why: `operator: ${why}`, forMs: for_ms });
    const obeyed = (): boolean => (this.desk.setting('s3', 'circuit', target)?.value ?? null) === state;
    for (let waited = 0; !obeyed() && waited < PATIENCE; waited += LOOK) await delay(LOOK);
    if (!obeyed()) throw new GatewayError('conflict', 'S3 has not done that.');
  }
}
