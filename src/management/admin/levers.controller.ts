import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { Governance } from '../../kernel/ports/governance.js';
import { LEVER_OWNERS, LeverWriter, LeverName } from '../../kernel/ports/levers.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { Described } from './described.js';
import { readRelease, readSetting, release, setting } from './lever-request.js';
import { By, Operator } from './operator.js';

/** Every lever as it is set, and an operator's word on it. */
@Administered()
@Controller('mcp/admin/levers')
export class LeversController {
  constructor(
    private readonly leverWriter: LeverWriter,
    private readonly governance: Governance,
    private readonly vitals: Vitals,
    private readonly changes: Changes,
  ) {}

  @Get()
  @Described({ summary: 'Every lever that is set, its bounds, and whose it is.' })
  levers(): object {
    const names = Object.keys(LEVER_OWNERS) as LeverName[];
    const bounds = names.map(name => [name, this.leverWriter.boundsOf(name)] as const);
    return {
      settings: this.leverWriter.settings(),
      bounds: Object.fromEntries(bounds.filter(([, { min, max }]) => min !== undefined || max !== undefined)),
      owners: LEVER_OWNERS,
    };
  }

  @Post()
  @HttpCode(200)
  @Described({ summary: "Sets a lever in S5's name, for a while where one is said.", body: setting })
  set(@Body() body: unknown, @By() who: Operator): object {
    const { lever, target, value, why, for_ms } = readSetting(body, this.vitals);
    const before = this.held(lever, target);
    this.governance.set(lever, target, value, why, for_ms);
    const after = { value, for_ms: for_ms ?? null };
    this.changes.note(who, { action: lever === 'mode' ? `mode ${value}` : `set ${lever}`, target, why, before, after });
    return { setting: this.leverWriter.setting('s5', lever, target) ?? null };
  }

  @Delete()
  @Described({ summary: 'Leaves a lever to the regulators again.', body: release })
  release(@Body() body: unknown, @By() who: Operator): object {
    const { lever, target, why } = readRelease(body);
    const before = this.held(lever, target);
    const released = this.governance.release(lever, target, why);
    if (released) this.changes.note(who, { action: `release ${lever}`, target, why, before, after: null });
    return { released };
  }

  private held(lever: LeverName, target: string): unknown {
    return this.leverWriter.setting('s5', lever, target)?.value ?? null;
  }
}
