import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { Counters } from '../../telemetry/counters.js';
import { ClientDirectory } from '../../kernel/ports/client-directory.js';
import { Clock } from '../../kernel/clock.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { LatestFacts } from '../latest-facts.js';
import { Administered } from './administered.js';
import { checked, most } from './checked.js';
import { Described } from './described.js';
import {
  analysisOf,
  connectionAnalysis,
  connectionStats,
  oldConnections,
  olderThan,
  statsOf,
} from './views/connections.js';

const old = z.object({ hours: z.coerce.number().min(0).max(100_000).default(24), most: most.default(100) });

/** Connections by transport and age. */
@Administered()
@Controller('mcp/admin/connections')
export class ConnectionsController {
  constructor(
    private readonly directory: ClientDirectory,
    private readonly counters: Counters,
    private readonly vitals: Vitals,
    private readonly latest: LatestFacts,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Described({ summary: 'How many there are, by transport, and how old.', answer: connectionStats })
  stats(): object {
    const { report } = this.latest;
    const pools = this.vitals.pools();
    return statsOf(this.counters.connections, this.directory.all(), pools, report?.data.error_rate, this.clock.now());
  }

  @Get('old')
  @Described({ summary: 'Sessions older than so many hours, the oldest first.', query: old, answer: oldConnections })
  old(@Query() query: unknown): object {
    const { hours, most: many } = checked(old, query);
    return olderThan(hours, this.directory.all(), many, this.clock.now());
  }

  @Get('analysis')
  @Described({ summary: 'Ages in buckets, and clients that connect in suspicious ways.', answer: connectionAnalysis })
  analysis(): object {
    return analysisOf(this.directory.all(), this.latest.allPatterns(), this.clock.now());
  }
}
