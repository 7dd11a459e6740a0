import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Maintenance } from '../../kernel/ports/maintenance.js';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { checked, most } from './checked.js';
import { Described } from './described.js';
import { By, Operator } from './operator.js';
import { Records } from './records.js';
import { Stats } from './stats.js';
import { StatusReport } from './status-report.js';
import { status } from './views/status.js';

const cleanup = z.strictObject({ idle_ms: z.number().int().min(0).optional() });
const list = z.object({ most: most.default(100) });

/** What is read of the gateway as a whole, and its broom. */
@Administered()
@Controller('mcp')
export class OverviewController {
  constructor(
    private readonly all: Stats,
    private readonly report: StatusReport,
    private readonly maintenance: Maintenance,
    private readonly records: Records,
    private readonly changes: Changes,
  ) {}

  @Get('stats')
  @Described({ summary: 'The gateway on one page.', answer: z.looseObject({}) })
  stats(): object {
    return this.all.read();
  }

  @Get('admin/status')
  @Described({ summary: 'What is wrong, since when, for whom, why, and what was done about it.', answer: status })
  status(): Promise<object> {
    return this.report.read();
  }

  @Post('admin/cleanup')
  @HttpCode(200)
  @Described({ summary: 'Ends what is idle, takes idle leases back, forgets expired tokens.', body: cleanup })
  cleanup(@Body() body: unknown, @By() who: Operator): object {
    const { idle_ms } = checked(cleanup, body);
    this.records.allow('cleanup');
    const tidied = this.maintenance.tidy(idle_ms);
    const cleaned = Object.values({ ...tidied }).reduce((sum: number, one: number) => sum + one, 0);
    this.changes.note(who, {
      action: 'cleanup',
      why: `idle for ${idle_ms ?? 'as long as is set'}`,
      before: null,
      after: tidied,
    });
    return { cleaned, ...tidied };
  }

  @Get('admin/signals')
  @Described({ summary: 'Pains that are open, and what was felt lately.', query: list })
  felt(@Query() query: unknown): object {
    return { open: this.records.signals.open(), recent: this.records.signals.recent(checked(list, query).most) };
  }

  @Get('admin/trail')
  @Described({ summary: 'The newest decisions, of regulators and operators.', query: list })
  async auditLog(@Query() query: unknown): Promise<object> {
    return { decisions: await this.records.auditLog.recent(checked(list, query).most) };
  }
}
