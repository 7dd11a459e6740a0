import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Housekeeping } from '../../kernel/housekeeping.js';
import { Administered } from './administered.js';
import { checked } from './checked.js';
import { ClientHealth } from './client-health.js';
import { Records } from './records.js';
import { Stats } from './stats.js';

const cleanup = z.strictObject({ idle_ms: z.number().int().min(0).optional() });
const most = z.object({ most: z.coerce.number().int().min(1).max(10_000).default(100) });

/** What is read of the gateway as a whole, and its broom. */
@Administered()
@Controller('mcp')
export class OverviewController {
  constructor(
    private readonly all: Stats,
    private readonly clients: ClientHealth,
    private readonly housekeeping: Housekeeping,
    private readonly records: Records,
  ) {}

  @Get('stats')
  stats(): object {
    return this.all.read();
  }

  @Get('health/client/:id')
  client(@Param('id') id: string): object {
    return this.clients.of(id);
  }

  @Post('admin/cleanup')
  @HttpCode(200)
  cleanup(@Body() body: unknown): object {
    const { idle_ms } = checked(cleanup, body);
    this.records.allow('cleanup');
    return this.housekeeping.tidy(idle_ms);
  }

  @Get('admin/signals')
  felt(@Query() query: unknown): object {
    return { open: this.records.signals.open(), recent: this.records.signals.recent(checked(most, query).most) };
  }

  @Get('admin/trail')
  async trail(@Query() query: unknown): Promise<object> {
    return { decisions: await this.records.trail.recent(checked(most, query).most) };
  }
}
