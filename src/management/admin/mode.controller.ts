import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { Governance } from '../../kernel/governance.js';
import { LeverDesk, Levers, MODES } from '../../kernel/levers.js';
import { Administered } from './administered.js';
import { checked, forMs, why } from './checked.js';

const request = z.strictObject({ mode: z.enum(MODES), why, for_ms: forMs });
const release = z.strictObject({ why: why.default('not needed any more') });

@Administered()
@Controller('mcp/admin/mode')
export class ModeController {
  constructor(
    private readonly governance: Governance,
    private readonly levers: Levers,
    private readonly desk: LeverDesk,
  ) {}

  @Get()
  mode(): object {
    const { mode, priority_floor } = this.levers.now;
    const setting = this.desk.setting('s5', 'mode', '');
    return {
      mode: mode.get('') ?? 'normal',
      priority_floor: priority_floor.get('') ?? null,
      why: setting?.why ?? null,
      since: setting?.since ?? null,
    };
  }

  @Post()
  @HttpCode(200)
  pin(@Body() body: unknown): object {
    const { mode, why, for_ms } = checked(request, body);
    this.governance.pin(mode, why, for_ms);
    return this.mode();
  }

  /** Leaves it to what happens. */
  @Delete()
  release(@Body() body: unknown): object {
    this.governance.pin(null, checked(release, body).why);
    return this.mode();
  }
}
