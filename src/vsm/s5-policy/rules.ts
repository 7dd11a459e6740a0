import { Policy, PrincipalRule } from '../../kernel/ports/policy.js';
import { Principal } from '../../kernel/ports/access.js';
import { Glob, Globs } from './glob.js';

/** Principals whose rule is remembered. */
const MOST = 10_000;

/** A rule, ready to be asked. Undefined: it does not say. */
export interface Rule {
  readonly units: Globs | undefined;
  readonly topics: Globs | undefined;
  readonly publish: boolean | Globs | undefined;
  readonly scopes: readonly string[] | undefined;
}

/** What holds for whom no rule fits where the policy says `deny`. */
const NOTHING: Rule = { units: new Globs([]), topics: new Globs([]), publish: false, scopes: [] };
/** The rule that leaves everything to the credentials. */
const UNSAID: Rule = { units: undefined, topics: undefined, publish: undefined, scopes: undefined };

/** One policy's rules. Never changed; another policy has others. */
export class Rules {
  private readonly rules: readonly { principal: Glob; role: string | undefined; rule: Rule }[];
  private readonly fallback: Rule;
  /** By id and role: one id may come with tokens that say different roles. */
  private readonly known = new Map<string, Rule>();

  constructor({ principals, default: otherwise }: Pick<Policy, 'principals' | 'default'>) {
    this.rules = principals.map(each => ({
      principal: new Glob(each.principal),
      role: each.role,
      rule: compile(each),
    }));
    this.fallback = otherwise === 'deny' ? NOTHING : UNSAID;
  }

  /** What holds for this principal: the first rule that fits. */
  of({ id, role }: Principal): Rule {
    const key = `${id}\n${role ?? ''}`;
    const known = this.known.get(key);
    if (known) return known;
    const found = this.rules.find(
      rule => rule.principal.matches(id) && (rule.role === undefined || rule.role === role),
    );
    const rule = found?.rule ?? this.fallback;
    if (this.known.size >= MOST) this.known.delete(this.known.keys().next().value!);
    this.known.set(key, rule);
    return rule;
  }
}

function compile({ units, topics, publish, scopes }: PrincipalRule): Rule {
  return {
    units: units && new Globs(units),
    topics: topics && new Globs(topics),
    publish: typeof publish === 'object' ? new Globs(publish) : publish,
    scopes,
  };
}
