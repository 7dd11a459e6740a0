import { TransportName } from '../kernel/ports/connection.js';
import { GatewayError } from '../kernel/errors.js';
import { Log } from '../kernel/log.js';
import { Admission, Authorizer, Caller, Principal, SwitchPermit } from '../kernel/ports/access.js';

/*
 * The control plane's answers, and what holds where those fail. A GatewayError is an answer, anything else is a defect: then
 * who may enter or change its transport is decided by the data plane, and whoever asks for a permission does not get it.
 */

export class FailSafeAdmission extends Admission {
  constructor(
    private readonly better: Admission,
    private readonly local: Admission,
    private readonly log: Log,
  ) {
    super();
  }

  async enter(caller: Caller, openSessions: number): Promise<void> {
    try {
      await this.better.enter(caller, openSessions);
    } catch (err) {
      if (err instanceof GatewayError) throw err;
      this.log.error({ err }, 'admission failed; the data plane decides');
      await this.local.enter(caller, openSessions);
    }
  }
}

export class FailSafeSwitchPermit extends SwitchPermit {
  constructor(
    private readonly better: SwitchPermit,
    private readonly local: SwitchPermit,
    private readonly log: Log,
  ) {
    super();
  }

  ask(client: string, from: TransportName, to: TransportName): number {
    return this.either(permit => permit.ask(client, from, to));
  }

  note(client: string, from: TransportName, to: TransportName): void {
    this.either(permit => permit.note(client, from, to));
  }

  private either<T>(ask: (permit: SwitchPermit) => T): T {
    try {
      return ask(this.better);
    } catch (err) {
      this.log.error({ err }, 'the switch permit failed; the data plane decides');
      return ask(this.local);
    }
  }
}

/** Fails closed: the credentials alone would allow what the policy refuses. */
export class FailSafeAuthorizer extends Authorizer {
  constructor(
    private readonly better: Authorizer,
    private readonly log: Log,
  ) {
    super();
  }

  may(principal: Principal, address: string, scope: string): boolean {
    return this.orElse(false, () => this.better.may(principal, address, scope));
  }

  grant(...asked: Parameters<Authorizer['grant']>): ReturnType<Authorizer['grant']> {
    return this.orElse({ scopes: [] }, () => this.better.grant(...asked));
  }

  reaches(principal: Principal, address: string, kind: 'unit' | 'topic', name: string): boolean {
    return this.orElse(false, () => this.better.reaches(principal, address, kind, name));
  }

  private orElse<T>(refusal: T, ask: () => T): T {
    try {
      return ask();
    } catch (err) {
      this.log.error({ err }, 'the authorizer failed; what was asked is refused');
      return refusal;
    }
  }
}
