import { Authorizer, Principal } from '../../kernel/ports/access.js';
import { PolicyStore } from './policy-store.js';
import { Refusals } from './refusals.js';

/** The scope to publish at all, and before a topic that to publish there; before nothing, without a topic. */
const PUBLISH = 'publish';
const EVERYTHING = '*';

/** S5's answer to who may do what: the policy's, and where it says nothing, that of the credentials. */
export class PolicyAuthorizer extends Authorizer {
  constructor(
    private readonly claims: Authorizer,
    private readonly book: PolicyStore,
    private readonly refusals: Refusals,
  ) {
    super();
  }

  may(principal: Principal, address: string, scope: string): boolean {
    const said = this.says(principal, scope);
    const [name, topic = ''] = split(scope);
    if (said === false) this.refusals.add(principal.id, name, topic, 'the policy does not allow it');
    return said ?? this.claims.may(principal, address, scope);
  }

  grant(
    principal: Principal,
    address: string,
    asked: { role?: string; scopes: readonly string[] },
  ): ReturnType<Authorizer['grant']> {
    const { scopes } = this.book.rules.of(principal);
    const granted = this.claims.grant(principal, address, asked);
    if (!scopes) return granted;
    return { role: granted.role, scopes: asked.scopes.filter(scope => holds(scopes, scope)) };
  }

  reaches(principal: Principal, address: string, kind: 'unit' | 'topic', name: string): boolean {
    const rule = this.book.rules.of(principal);
    const said = (kind === 'unit' ? rule.units : rule.topics)?.match(name);
    if (said === undefined) return this.claims.reaches(principal, address, kind, name);
    if (!said) this.refusals.add(principal.id, kind, name, `the policy does not give it this ${kind}`);
    return said;
  }

  /** Undefined where the policy leaves it to the credentials. */
  private says(principal: Principal, scope: string): boolean | undefined {
    const { publish, scopes } = this.book.rules.of(principal);
    const [name, topic] = split(scope);
    if (name !== PUBLISH || publish === undefined) return scopes && (holds(scopes, scope) || holds(scopes, name));
    if (typeof publish === 'boolean') return publish;
    return topic === undefined ? !publish.isEmpty : publish.match(topic);
  }
}

function holds(scopes: readonly string[], scope: string): boolean {
  return scopes.includes(scope) || scopes.includes(EVERYTHING);
}

function split(scope: string): [name: string, topic: string | undefined] {
  return scope.startsWith(`${PUBLISH}:`) ? [PUBLISH, scope.slice(PUBLISH.length + 1)] : [scope, undefined];
}
