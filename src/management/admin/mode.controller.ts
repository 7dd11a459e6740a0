import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { Governance } from '../../kernel/ports/governance.js';
import { LeverWriter, Levers, MODES } from '../../kernel/ports/levers.js';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { checked, forMs, release, why } from './checked.js';
import { Described } from './described.js';
import { By, Operator } from './operator.js';

const request = z.strictObject({ mode: z.enum(MODES), why, for_ms: forMs });

@Administered()
@Controller('mcp/admin/mode')
export class ModeController {
  constructor(
    private readonly governance: Governance,
    private readonly levers: Levers,
    private readonly leverWriter: LeverWriter,
    private readonly changes: Changes,
  ) {}

  @Get()
  @Described({ summary: 'The mode, why, and since when.' })
  mode(): object {
    const { mode, priority_floor } = this.levers.now;
    const setting = this.leverWriter.setting('s5', 'mode', '');
    return {
      mode: mode.get('') ?? 'normal',
      priority_floor: priority_floor.get('') ?? null,
      why: setting?.why ?? null,
      since: setting?.since ?? null,
    };
  }

  @Post()
  @HttpCode(200)
  @Described({ summary: 'Holds the mode, for a while where one is said.', body: request })
  pin(@Body() body: unknown, @By() who: Operator): object {
    const { mode, why, for_ms } = checked(request, body);
    const before = this.mode();
    this.governance.pin(mode, why, for_ms);
    this.changes.note(who, { action: `mode ${mode}`, why, before, after: { mode, for_ms: for_ms ?? null } });
    return this.mode();
  }

  /** Leaves it to what happens. */
  @Delete()
  @Described({ summary: 'Leaves the mode to what happens.', body: release })
  release(@Body() body: unknown, @By() who: Operator): object {
    const { why } = checked(release, body);
    const before = this.mode();
    this.governance.pin(null, why);
    this.changes.note(who, { action: 'release mode', why, before, after: this.mode() });
    return this.mode();
  }
}
