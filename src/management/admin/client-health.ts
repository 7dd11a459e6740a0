import { Activity } from '../../events/activity.js';
import { ClientDirectory } from '../../kernel/client-directory.js';
import { GatewayError } from '../../kernel/errors.js';
import { LeverDesk, LeverSetting } from '../../kernel/levers.js';
import { DeliveryView } from '../../kernel/vitals.js';
import { Latest } from '../latest.js';

/** All there is to say of one client. */
export class ClientHealth {
  constructor(
    private readonly directory: ClientDirectory,
    private readonly desk: LeverDesk,
    private readonly delivery: DeliveryView,
    private readonly activity: Activity,
    private readonly latest: Latest,
  ) {}

  /** @throws GatewayError `client_not_found` */
  of(id: string): object {
    const sessions = this.directory.sessionsOf(id);
    if (sessions.length === 0) throw new GatewayError('client_not_found');
    const keys = new Set(sessions.map(({ client }) => client));
    const lags = new Map(this.delivery.delivery().slowest.map(({ client, lagMs }) => [client, lagMs]));
    const levers = this.desk.settings().filter(({ target }) => keys.has(target));
    return {
      client: id,
      sessions: sessions.map(session => ({ ...session, lagMs: lags.get(session.client) ?? 0 })),
      activity: [...this.activity.all()]
        .filter(({ client }) => keys.has(client))
        .map(({ client, messages, refused, connects, connections, switches }) => ({
          ...{ client, messages, refused, connects, connections, switches },
        })),
      levers: levers.map(({ lever, value, by, why, until, effective }: LeverSetting) => ({
        ...{ lever, value, by, why, until, effective },
      })),
      patterns: [...keys].flatMap(key => this.latest.patternsOf(key)),
    };
  }
}
