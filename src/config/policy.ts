import { Policy, PolicyReader } from '../kernel/ports/policy.js';
import { ConfigError } from './config-error.js';
import { readDocument } from './document.js';
import { explain } from './explain.js';
import { policySchema } from './policy-schema.js';

/** Reads policies, and says what is wrong with one as it is said of the configuration. */
export class CheckedPolicies extends PolicyReader {
  /** @throws ConfigError that lists all issues found */
  parse(input: unknown): Policy {
    const parsed = policySchema.safeParse(input);
    if (parsed.success) return parsed.data;
    throw new ConfigError(explain(parsed.error.issues, input, new Map()));
  }

  /** An empty file is none: it may be one that is being written. @throws ConfigError */
  read(path: string): Policy {
    const input = readDocument(path);
    try {
      return this.parse(input);
    } catch (thrown) {
      throw thrown instanceof ConfigError ? new ConfigError(thrown.issues, path) : thrown;
    }
  }
}
