import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { GatewayError } from '../../kernel/errors.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { Administered } from './administered.js';
import { checked } from './checked.js';
import { Described } from './described.js';
import { healthOf, poolHealth } from './views/pools.js';
import { distribution, distributionOf } from './views/ring.js';

const which = z.object({ unit: z.string().max(256).optional() });

/** Pools, and where sessions are. */
@Administered()
@Controller('mcp/admin')
export class UnitsController {
  constructor(private readonly vitals: Vitals) {}

  @Get('pools')
  @Described({ summary: 'Leases of each instance, and how long one is waited for.', answer: poolHealth })
  pools(): object {
    return healthOf(this.vitals.pools());
  }

  @Get('ring')
  @Described({ summary: 'How sessions are spread over instances.', query: which, answer: distribution })
  ring(@Query() query: unknown): object {
    const { unit } = checked(which, query);
    const placements = this.vitals.placements().filter(each => unit === undefined || each.unit === unit);
    if (unit !== undefined && placements.length === 0) throw new GatewayError('unit_not_found');
    return distributionOf(placements);
  }
}
