import { ServerInfo } from '../../kernel/ports/server-info.js';
import { ClientDirectory } from '../../kernel/ports/client-directory.js';
import { LeverWriter, Levers } from '../../kernel/ports/levers.js';
import { Node } from '../../kernel/ports/node.js';
import { Decision } from '../../kernel/ports/audit-log.js';
import { Vitals } from '../../kernel/ports/vitals.js';
import { LatestFacts } from '../latest-facts.js';
import { unitHealth } from '../unit-health.js';
import { Records } from './records.js';
import { heldOf, recentOf, Status, troublesOf } from './views/status.js';
import { clientIdOf, iso, round } from './views/words.js';

/** Decisions that are looked through, clients that are named of those who are affected, and what is told of. */
const MOST = { decisions: 1_000, clients: 5, patterns: 50, troubles: 50 };

export interface StatusSources {
  about: ServerInfo;
  node: Node;
  vitals: Vitals;
  levers: Levers;
  leverWriter: LeverWriter;
  directory: ClientDirectory;
  latest: LatestFacts;
  records: Records;
}

/** What is wrong, since when, for whom, why, and what the gateway did about it. */
export class StatusReport {
  constructor(private readonly sources: StatusSources) {}

  async read(): Promise<Status> {
    const { about, node, vitals, leverWriter, directory, latest, records } = this.sources;
    const decisions = await this.decisions();
    // Those who are affected by each are looked for among all sessions.
    const pains = records.signals.open().slice(0, MOST.troubles);
    const troubles = troublesOf(pains, decisions, of => directory.usersOf(of, MOST.clients));
    const degraded = Object.entries(unitHealth(vitals))
      .filter(([, { state }]) => state !== 'ok')
      .map(([unit, { reasons }]) => ({ unit, reasons }));
    const mode = this.mode();
    const { draining, stopping } = node.state;
    return {
      well: troubles.length === 0 && degraded.length === 0 && mode.mode === 'normal' && !draining && !vitals.draining,
      version: about.version,
      uptime_ms: Math.round(process.uptime() * 1_000),
      node: { draining: draining || vitals.draining, stopping },
      mode,
      troubles,
      degraded,
      unusual: latest.anomalies().map(({ since, metric, of, value, expected }) => ({
        ...{ since: iso(since), metric, of },
        ...{ value: round(value, 3), expected: round(expected, 3) },
      })),
      held: heldOf(leverWriter.settings()).map(each => ({ ...each, target: clientIdOf(each.target) })),
      patterns: latest
        .allPatterns()
        .slice(0, MOST.patterns)
        .map(({ client, pattern, evidence }) => ({ client: clientIdOf(client), pattern, evidence: { ...evidence } })),
      recent: recentOf(decisions),
    };
  }

  private mode(): Status['mode'] {
    const setting = this.sources.leverWriter.setting('s5', 'mode', '');
    const mode = this.sources.levers.now.mode.get('') ?? 'normal';
    return { mode, why: setting?.why ?? null, since: setting ? iso(setting.since) : null };
  }

  /** Where nobody regulates, nobody decides. */
  private async decisions(): Promise<Decision[]> {
    return this.sources.records.regulated ? this.sources.records.auditLog.recent(MOST.decisions) : [];
  }
}
