import { Body, Controller, Header, HttpCode, Post, Req, StreamableFile } from '@nestjs/common';
import { Request } from 'express';
import { z } from 'zod';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { checked, why } from './checked.js';
import { Described } from './described.js';
import { By, Operator } from './operator.js';
import { Profiler } from './profiler.js';
import { Records } from './records.js';

const cpu = z.strictObject({ seconds: z.number().min(0.1).max(60).default(10), why });
const heap = z.strictObject({ why });

/** What the process is busy with, and what it holds. */
@Administered()
@Controller('mcp/admin/profile')
export class ProfileController {
  constructor(
    private readonly profiler: Profiler,
    private readonly records: Records,
    private readonly changes: Changes,
  ) {}

  @Post('cpu')
  @HttpCode(200)
  @Described({ summary: 'A CPU profile, as Chromium and speedscope read it, after so many seconds.', body: cpu })
  cpu(@Body() body: unknown, @Req() request: Request, @By() who: Operator): Promise<object> {
    const { seconds, why: reason } = checked(cpu, body);
    this.records.allow('profile.cpu');
    const left = new AbortController();
    const leave = (): void => left.abort();
    const profile = this.profiler.cpu(seconds * 1_000, left.signal);
    request.socket.once('close', leave);
    this.changes.note(who, { action: 'profile cpu', why: reason, before: null, after: { seconds } });
    return profile.finally(() => request.socket.off('close', leave));
  }

  /** The process stands still while it is taken. */
  @Post('heap')
  @HttpCode(200)
  @Header('content-disposition', 'attachment; filename="viable.heapsnapshot"')
  @Described({
    summary: 'A heap snapshot. The gateway stands still while it is taken, and it holds whatever is in memory.',
    body: heap,
    media: 'application/octet-stream',
  })
  heap(@Body() body: unknown, @By() who: Operator): StreamableFile {
    const { why: reason } = checked(heap, body);
    this.records.allow('profile.heap');
    const snapshot = this.profiler.heap();
    this.changes.note(who, { action: 'profile heap', why: reason, before: null, after: null });
    return new StreamableFile(snapshot);
  }
}
