import { Injectable } from '@nestjs/common';
import { GatewayError } from '../kernel/errors.js';
import { isLoopback } from '../kernel/loopback.js';
import { Admission, Caller } from '../kernel/ports/access.js';
import { addressGroup } from './address-group.js';
import { Throttle } from './throttle.js';

const MINUTE = 60_000;

export abstract class AdmissionSettings {
  /** Sessions open at once in this process. */
  abstract readonly sessions: number;
  /** New sessions a caller may open per minute; anonymous callers on loopback are exempt. */
  abstract readonly newSessionsPerMinute: number;
}

/** The data plane's own answer to who may enter: a ceiling for all and a rate for each, without the control plane. */
@Injectable()
export class LocalAdmission extends Admission {
  constructor(
    private readonly throttle: Throttle,
    private readonly limits: AdmissionSettings,
  ) {
    super();
  }

  async enter(caller: Caller, openSessions: number): Promise<void> {
    const { sessions, newSessionsPerMinute } = this.limits;
    if (openSessions >= sessions) throw new GatewayError('too_many_sessions', undefined, 5_000);
    if (caller.principal.anonymous && isLoopback(caller.address)) return;
    const who = caller.principal.anonymous ? addressGroup(caller.address) : caller.principal.id;
    const { isBlocked, timeToBlockExpire } = await this.throttle.increment(
      who,
      MINUTE,
      newSessionsPerMinute,
      MINUTE,
      'sessions',
    );
    if (!isBlocked) return;
    const message = `More than ${newSessionsPerMinute} new sessions in a minute.`;
    throw new GatewayError('rate_limit_exceeded', message, timeToBlockExpire * 1000);
  }
}
