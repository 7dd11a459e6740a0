import { Body, Controller, Delete, Get, Put } from '@nestjs/common';
import { z } from 'zod';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { checked, forMs, release, why } from './checked.js';
import { Described } from './described.js';
import { LEVELS, LogLevel } from './log-level.js';
import { By, Operator } from './operator.js';
import { Records } from './records.js';
import { iso, time } from './views/words.js';

const setLevel = z.strictObject({ level: z.enum(LEVELS), why, for_ms: forMs });

const levelState = z.object({ level: z.string(), configured: z.string(), until: time.nullable() });

/** How much this process says. */
@Administered()
@Controller('mcp/admin')
export class LogLevelController {
  constructor(
    private readonly logLevel: LogLevel,
    private readonly records: Records,
    private readonly changes: Changes,
  ) {}

  @Get('log-level')
  @Described({ summary: 'What is logged.', answer: levelState })
  level(): z.output<typeof levelState> {
    const { level, configured, until } = this.logLevel;
    return { level, configured, until: until === null ? null : iso(until) };
  }

  @Put('log-level')
  @Described({ summary: 'Logs more or less, for a while where one is said.', body: setLevel, answer: levelState })
  setLevel(@Body() body: unknown, @By() who: Operator): object {
    const { level, why: reason, for_ms } = checked(setLevel, body);
    this.records.allow('log_level');
    const before = this.level();
    this.logLevel.set(level, for_ms);
    return this.told('set log_level', who, reason, before);
  }

  @Delete('log-level')
  @Described({ summary: 'Logs what is configured.', body: release, answer: levelState })
  resetLevel(@Body() body: unknown, @By() who: Operator): object {
    const { why: reason } = checked(release, body);
    const before = this.level();
    this.logLevel.reset();
    return this.told('reset log_level', who, reason, before);
  }

  private told(action: string, who: Operator, reason: string, before: object): object {
    const after = this.level();
    this.changes.note(who, { action, why: reason, before, after });
    return after;
  }
}
