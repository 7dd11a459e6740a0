import { TransportName } from '../kernel/connection.js';
import { GatewayError } from '../kernel/errors.js';
import { Log } from '../kernel/log.js';
import { Admission, Authorizer, Caller, Principal, SwitchPermit } from '../kernel/principal.js';

/*
 * The control plane's answers, and the data plane's own where those fail: a regulator with a defect regulates nothing, and
 * stops nobody. A GatewayError is an answer, anything else is a defect.
 */

export class GuardedAdmission extends Admission {
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

export class GuardedSwitchPermit extends SwitchPermit {
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

/** Fails closed: what the policy cannot say is decided by the credentials alone. */
export class GuardedAuthorizer extends Authorizer {
  constructor(
    private readonly better: Authorizer,
    private readonly local: Authorizer,
    private readonly log: Log,
  ) {
    super();
  }

  may(principal: Principal, address: string, scope: string): boolean {
    return this.either(authorizer => authorizer.may(principal, address, scope));
  }

  grant(...asked: Parameters<Authorizer['grant']>): ReturnType<Authorizer['grant']> {
    return this.either(authorizer => authorizer.grant(...asked));
  }

  reaches(principal: Principal, address: string, kind: 'unit' | 'topic', name: string): boolean {
    return this.either(authorizer => authorizer.reaches(principal, address, kind, name));
  }

  private either<T>(ask: (authorizer: Authorizer) => T): T {
    try {
      return ask(this.better);
    } catch (err) {
      this.log.error({ err }, 'the authorizer failed; credentials alone decide');
      return ask(this.local);
    }
  }
}
