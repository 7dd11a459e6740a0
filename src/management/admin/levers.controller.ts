import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { Governance } from '../../kernel/governance.js';
import { LEVER_OWNERS, LeverDesk, LeverName } from '../../kernel/levers.js';
import { Vitals } from '../../kernel/vitals.js';
import { Administered } from './administered.js';
import { readRelease, readSetting } from './lever-request.js';

/** Every lever as it is set, and an operator's word on it. */
@Administered()
@Controller('mcp/admin/levers')
export class LeversController {
  constructor(
    private readonly desk: LeverDesk,
    private readonly governance: Governance,
    private readonly vitals: Vitals,
  ) {}

  @Get()
  levers(): object {
    const names = Object.keys(LEVER_OWNERS) as LeverName[];
    const bounds = names.map(name => [name, this.desk.boundsOf(name)] as const);
    return {
      settings: this.desk.settings(),
      bounds: Object.fromEntries(bounds.filter(([, { min, max }]) => min !== undefined || max !== undefined)),
      owners: LEVER_OWNERS,
    };
  }

  @Post()
  @HttpCode(200)
  set(@Body() body: unknown): object {
    const { lever, target, value, why, for_ms } = readSetting(body, this.vitals);
    this.governance.set(lever, target, value, why, for_ms);
    return { setting: this.desk.setting('s5', lever, target) ?? null };
  }

  @Delete()
  release(@Body() body: unknown): object {
    const { lever, target, why } = readRelease(body);
    return { released: this.governance.release(lever, target, why) };
  }
}
