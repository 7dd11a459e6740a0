import { GatewayError } from '../../kernel/errors.js';
import { Governance, PolicyState } from '../../kernel/ports/governance.js';
import { LeverWriter, LeverName, LeverValues, Mode } from '../../kernel/ports/levers.js';
import { Policy, PolicyReader } from '../../kernel/ports/policy.js';
import { Globs } from './glob.js';
import { Identity } from './identity.js';
import { Modes } from './modes.js';
import { byOperator, OPERATOR } from './operator.js';
import { PolicyStore } from './policy-store.js';

const REPLACE = 'policy.replace';
const NO_WAY_BACK = `identity.forbids: only the policy file may forbid ${REPLACE}; nobody could take this policy back.`;

/** Takes what operators ask of S5: held against the policy, and done. */
export class Governor extends Governance {
  constructor(
    private readonly parts: { book: PolicyStore; reader: PolicyReader; modes: Modes; identity: Identity },
    private readonly leverWriter: LeverWriter,
  ) {
    super();
  }

  policy(): PolicyState {
    return this.parts.book.state;
  }

  replacePolicy(input: unknown): PolicyState {
    this.verify(REPLACE);
    let policy: Policy;
    try {
      policy = this.parts.reader.parse(input);
    } catch (thrown) {
      throw new GatewayError('invalid_message', (thrown as Error).message, null, thrown);
    }
    if (new Globs(policy.identity.forbids).match(REPLACE)) throw new GatewayError('invalid_message', NO_WAY_BACK);
    this.parts.book.replace(policy, OPERATOR, 'an operator has put it in the place of the one before');
    return this.parts.book.state;
  }

  set<L extends LeverName>(lever: L, target: string, value: LeverValues[L], why: string, forMs?: number): void {
    if (lever === 'mode') return this.pin(value as Mode, why, forMs);
    this.verify(`lever.${lever}`);
    this.checkBounds(lever, value);
    this.leverWriter.set('s5', lever, target, value, byOperator(why), forMs);
  }

  release(lever: LeverName, target: string, why: string): boolean {
    if (lever === 'mode') {
      const pinned = this.parts.modes.pinned;
      this.pin(null, why);
      return pinned;
    }
    this.verify(`lever.${lever}`);
    if (!this.leverWriter.setting('s5', lever, target)) return false;
    this.leverWriter.release('s5', lever, target, byOperator(why));
    return true;
  }

  pin(mode: Mode | null, why: string, forMs?: number): void {
    this.verify(`mode.${mode ?? 'auto'}`);
    this.parts.modes.pin(mode, byOperator(why), forMs);
  }

  verify(operation: string): void {
    const why = this.parts.identity.objection(operation, OPERATOR);
    if (why !== undefined) throw new GatewayError('forbidden', why);
  }

  /** An operator's word counts before the policy's limits on other regulators, but not before the policy. */
  private checkBounds(lever: LeverName, value: unknown): void {
    const { min = -Infinity, max = Infinity } = this.leverWriter.boundsOf(lever);
    if (typeof value !== 'number' || (value >= min && value <= max)) return;
    const allowed = [min > -Infinity && `at least ${min}`, max < Infinity && `at most ${max}`].filter(Boolean);
    throw new GatewayError('invalid_message', `value: the policy allows ${allowed.join(' and ')} for ${lever}.`);
  }
}
