import { ClientActivities, ClientActivity } from '../../telemetry/client-activity.js';
import { JournalEntry } from '../../telemetry/client-journal.js';
import { ClientDirectory } from '../../kernel/ports/client-directory.js';
import { Clock } from '../../kernel/clock.js';
import { GatewayError } from '../../kernel/errors.js';
import { LeverWriter, LeverSetting } from '../../kernel/ports/levers.js';
import { DeliveryView } from '../../kernel/ports/vitals.js';
import { LatestFacts } from '../latest-facts.js';
import { ClientFacts, ClientRow, rowsOf } from './views/clients.js';
import { merged } from './views/journal.js';
import { clientIdOf } from './views/words.js';

/** All there is to say of clients. */
export class Clients {
  constructor(
    private readonly directory: ClientDirectory,
    private readonly leverWriter: LeverWriter,
    private readonly delivery: DeliveryView,
    private readonly activity: ClientActivities,
    private readonly latest: LatestFacts,
    private readonly clock: Clock,
  ) {}

  rows(): ClientRow[] {
    return rowsOf(this.directory.all(), this.facts(), this.clock.now());
  }

  counts(id: string): { sessions: number; connections: number } {
    const sessions = this.directory.sessionsOf(id);
    return { sessions: sessions.length, connections: sessions.reduce((sum, each) => sum + each.connections, 0) };
  }

  /** @throws GatewayError `client_not_found` */
  health(id: string): object {
    const sessions = this.directory.sessionsOf(id);
    if (sessions.length === 0) throw new GatewayError('client_not_found');
    const facts = this.facts();
    const [row] = rowsOf(sessions, facts, this.clock.now());
    const keys = [...new Set(sessions.map(({ client }) => client))];
    return {
      ...row,
      client: id,
      sessions: sessions.map(session => ({ ...session, lagMs: facts.lagOf(session.client) })),
      activity: keys.flatMap(key => this.activity.find(key) ?? []).map(figures),
      levers: keys.flatMap(key => facts.leversOf(key)),
      patterns: keys.flatMap(key => this.latest.patternsOf(key)),
    };
  }

  /**
   * What became of a client lately, also of one that has gone, as long as it is remembered.
   * @throws GatewayError `client_not_found`
   */
  journal(id: string, most: number): readonly JournalEntry[] {
    return merged(
      this.known(id).map(({ journal }) => journal.recent(most)),
      most,
    );
  }

  /**
   * By all keys that a client_id or key stands for.
   * @throws GatewayError `client_not_found`
   */
  known(id: string): ClientActivity[] {
    const known = [...this.activity.all()].filter(({ client }) => client === id || clientIdOf(client) === id);
    if (known.length === 0) throw new GatewayError('client_not_found');
    return known;
  }

  private facts(): ClientFacts & { leversOf(key: string): object[] } {
    const lags = new Map(this.delivery.delivery().slowest.map(({ client, lagMs }) => [client, lagMs]));
    const levers = new Map<string, LeverSetting[]>();
    for (const setting of this.leverWriter.settings()) {
      const known = levers.get(setting.target);
      if (known) known.push(setting);
      else levers.set(setting.target, [setting]);
    }
    return {
      activity: this.activity,
      lagOf: key => lags.get(key) ?? 0,
      patternsOf: key => this.latest.patternsOf(key),
      leversOf: key =>
        (levers.get(key) ?? []).map(({ lever, value, by, why, until, effective }) => ({
          ...{ lever, value, by, why, until, effective },
        })),
    };
  }
}

function figures({ client, messages, sent, refused, connects, connections, switches }: ClientActivity): object {
  return { client, messages, sent, refused, connects, connections, switches };
}
