import { EventBus } from '../../telemetry/event-bus.js';
import { Clock } from '../../kernel/clock.js';
import { PolicyState } from '../../kernel/ports/governance.js';
import { Bounds, LeverWriter } from '../../kernel/ports/levers.js';
import { BOUNDED, Policy } from '../../kernel/ports/policy.js';
import { Globs } from './glob.js';
import { Rules } from './rules.js';

/** The policy that holds, as those need it who go by it, and those that were not taken. */
export class PolicyStore {
  private held: PolicyState;
  private compiled: { rules: Rules; forbids: Globs };

  constructor(
    policy: Policy,
    source: string,
    private readonly leverWriter: LeverWriter,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {
    this.held = { version: 1, source, since: clock.now(), policy, rejected: null };
    this.compiled = compile(policy);
    this.bind(policy);
  }

  get state(): PolicyState {
    return this.held;
  }

  get policy(): Policy {
    return this.held.policy;
  }

  get rules(): Rules {
    return this.compiled.rules;
  }

  /** Whether the policy says that this does not fit what the gateway is. */
  forbids(operation: string): boolean {
    return this.compiled.forbids.match(operation);
  }

  replace(policy: Policy, source: string, why: string): void {
    const compiled = compile(policy);
    this.held = { version: this.held.version + 1, source, since: this.clock.now(), policy, rejected: null };
    this.compiled = compiled;
    this.bind(policy);
    this.announce(why);
  }

  /** What was given is not in order; what held goes on. */
  reject(source: string, why: string): void {
    this.held = { ...this.held, rejected: { at: this.clock.now(), source, why } };
    this.bus.emit('policy_rejected', { source, why });
  }

  /** Tells the other regulators what they go by from now on. */
  announce(why: string): void {
    const { version, policy } = this.held;
    this.bus.emit('policy_update', { scope: 'gateway', version, constraints: policy.limits, why });
  }

  private bind({ limits }: Policy): void {
    for (const lever of BOUNDED) this.leverWriter.bound(lever, (limits[lever] as Bounds | undefined) ?? {});
  }
}

function compile(policy: Policy): { rules: Rules; forbids: Globs } {
  return { rules: new Rules(policy), forbids: new Globs(policy.identity.forbids) };
}
