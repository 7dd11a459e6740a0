import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { ClientControl } from '../../kernel/ports/client-control.js';
import { GatewayError } from '../../kernel/errors.js';
import { Administered } from './administered.js';
import { Changes } from './changes.js';
import { checked, most, release, why } from './checked.js';
import { Clients } from './clients.js';
import { Described } from './described.js';
import { By, Operator } from './operator.js';
import { Records } from './records.js';
import { clientList, clientRow, sorted, SORTS } from './views/clients.js';
import { clientErrors, clientTrace, errorsOf, eventsOf } from './views/journal.js';
import { ClientTracing } from './client-tracing.js';

const HOUR = 3_600_000;
const list = z.object({ most: most.default(100), sort: z.enum(SORTS).default('recent') });
const trace = z.object({ most: most.default(200) });
const errors = z.object({ most: most.default(100), transport: z.string().max(32).optional() });
const watch = z.strictObject({
  log_messages: z.boolean().default(true),
  trace_routing: z.boolean().default(true),
  for_ms: z.number().int().min(1).max(HOUR).default(60_000),
  why,
});
const disconnect = z.strictObject({ why, end_sessions: z.boolean().default(false) });
const health = clientRow.omit({ sessions: true, levers: true, patterns: true }).loose();

/** Clients: who is there, what became of one, and what operators do about it. */
@Administered()
@Controller('mcp')
export class ClientsController {
  constructor(
    private readonly clients: Clients,
    private readonly watches: ClientTracing,
    private readonly control: ClientControl,
    private readonly records: Records,
    private readonly changes: Changes,
  ) {}

  @Get('admin/clients')
  @Described({ summary: 'Clients that have sessions.', query: list, answer: clientList })
  all(@Query() query: unknown): object {
    const { most: many, sort } = checked(list, query);
    return sorted(this.clients.rows(), sort, many);
  }

  @Get('health/client/:id')
  @Described({ summary: 'One client, by its client_id or key.', answer: health })
  health(@Param('id') id: string): object {
    return this.clients.health(id);
  }

  @Get('admin/clients/:id/trace')
  @Described({ summary: 'What became of a client lately.', query: trace, answer: clientTrace })
  trace(@Param('id') id: string, @Query() query: unknown): object {
    const entries = this.clients.journal(id, checked(trace, query).most);
    return { client_id: id, watched: this.watches.of(id), events: eventsOf(entries) };
  }

  @Get('admin/clients/:id/errors')
  @Described({ summary: 'Errors that a client was told lately.', query: errors, answer: clientErrors })
  errors(@Param('id') id: string, @Query() query: unknown): object {
    const { most: many, transport } = checked(errors, query);
    return { client_id: id, errors: errorsOf(this.clients.journal(id, 10_000), transport).slice(-many) };
  }

  @Post('admin/clients/:id/watch')
  @HttpCode(200)
  @Described({
    summary: 'Notes and logs each message and call of a client for a while, never what they say.',
    body: watch,
  })
  watch(@Param('id') id: string, @Body() body: unknown, @By() who: Operator): object {
    const { log_messages, trace_routing, for_ms, why: reason } = checked(watch, body);
    this.records.allow('watch');
    const known = this.clients.known(id);
    const before = this.watches.of(id);
    const watched = this.watches.begin(id, known, log_messages, trace_routing, for_ms);
    this.changes.note(who, { action: 'watch', target: id, why: reason, before, after: watched });
    return { client_id: id, watched };
  }

  @Delete('admin/clients/:id/watch')
  @Described({ summary: 'Ends that.', body: release })
  unwatch(@Param('id') id: string, @Body() body: unknown, @By() who: Operator): object {
    const { why: reason } = checked(release, body);
    const before = this.watches.of(id);
    this.watches.end(id);
    if (before) this.changes.note(who, { action: 'unwatch', target: id, why: reason, before, after: null });
    return { client_id: id, watched: null };
  }

  @Post('admin/clients/:id/disconnect')
  @HttpCode(200)
  @Described({
    summary: 'Closes its connections; its MCP sessions end, the others where that is asked.',
    body: disconnect,
  })
  disconnect(@Param('id') id: string, @Body() body: unknown, @By() who: Operator): object {
    const { why: reason, end_sessions } = checked(disconnect, body);
    this.records.allow('disconnect');
    const before = this.clients.counts(id);
    if (before.sessions === 0) throw new GatewayError('client_not_found');
    const ended = this.control.disconnect(id, end_sessions);
    this.changes.note(who, { action: 'disconnect', target: id, why: reason, before, after: this.clients.counts(id) });
    return { client_id: id, ...ended };
  }
}
