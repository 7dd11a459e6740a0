import { ServerInfo } from '../kernel/ports/server-info.js';
import { CloseReason } from '../kernel/ports/close-reason.js';
import { GatewayError } from '../kernel/errors.js';
import { Unit } from '../kernel/ports/unit.js';
import { Router } from '../routing/router.js';
import { Session } from '../session/session.js';
import { McpSession, McpSessionParts } from './mcp-session.js';
import { SingleUnitSession } from './single-unit-session.js';
import { FederatedSession } from './federation/federated-session.js';
import { SharedUpstreams } from './federation/shared-upstreams.js';

/** What a caller will be served. */
export interface UnitChoice {
  /** Of the unit, or `*` for all. */
  name: string;
  units: readonly Unit[];
}

/** Chooses how a session is served: by one unit as it is, or by several as one MCP server. */
export class SessionFactory {
  constructor(
    private readonly router: Router,
    private readonly parts: Omit<McpSessionParts, 'end'>,
    readonly sharedUpstreams: SharedUpstreams,
    private readonly about: ServerInfo,
    private readonly subscriptions: number,
  ) {}

  /**
   * Units that a caller does not reach do not exist for it.
   * @throws GatewayError `unit_not_found`, `unit_required`; `forbidden` where it reaches none
   */
  choose(name: string | undefined, reaches: (unit: string) => boolean): UnitChoice {
    const all = this.router.units;
    const units = all.filter(unit => reaches(unit.name));
    if (units.length === 0 && all.length > 0) throw new GatewayError('forbidden');
    if (name === undefined && units.length > 1) return { name: '*', units };
    const unit = name === undefined && units.length === 1 ? units[0]! : this.named(name, units);
    return { name: unit.name, units: [unit] };
  }

  open(
    { units }: UnitChoice,
    session: Session,
    affinity: string,
    end: (reason: CloseReason, error: GatewayError) => void,
  ): McpSession {
    const [unit, ...others] = units;
    const parts = { ...this.parts, end };
    if (unit && others.length === 0 && unit.lease === 'exclusive')
      return new SingleUnitSession(session, unit, parts, affinity);
    return new FederatedSession(
      session,
      units,
      { ...parts, sharedUpstreams: this.sharedUpstreams, server: { ...this.about }, subscriptions: this.subscriptions },
      affinity,
    );
  }

  private named(name: string | undefined, units: readonly Unit[]): Unit {
    if (units.length === this.router.units.length) return this.router.unit(name);
    const unit = units.find(each => each.name === name);
    if (unit) return unit;
    const names = units.map(each => each.name).join(', ');
    throw new GatewayError('unit_not_found', `No such unit. Configured: ${names}.`);
  }

  close(error: GatewayError): void {
    this.sharedUpstreams.closeAll(error);
  }
}
