/** One thing wrong with the configuration. */
export interface ConfigIssue {
  /** Where: a path such as `units[0].args`, or the environment variable that set it, or a file and position. */
  path: string;
  /** What was given: a plain value, `***` for a secret, a description for an array or object, undefined if nothing was. */
  value: unknown;
  /** What would be right, in words. */
  allowed: string;
  /** The sentence that follows the path in the error's message. */
  message: string;
}

/** A {@link ConfigIssue} before the error words it: without `message` it reads "got …, allowed: …". */
export type ConfigIssueInput = Omit<ConfigIssue, 'message'> & { message?: string };

/**
 * The configuration cannot be used. Its message holds one line per issue, headed by the file if there is one.
 * Secrets are masked in `issues` as well, because loggers print an error's own properties.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: ConfigIssue[];

  /** @param source absolute path of the file that the issues are about, if there is one */
  constructor(
    issues: readonly ConfigIssueInput[],
    readonly source?: string,
  ) {
    const told = issues.map(tell);
    const lines = told.map(({ path, message }) => `${path}: ${message}`);
    super((source === undefined ? lines : [`${source} cannot be used:`, ...lines.map(line => `  ${line}`)]).join('\n'));
    this.issues = told;
  }
}

const MASK = '***';
const SHOWN_CHARACTERS = 120;
const SECRET_SEGMENT = /(token|secret|password|auth|jwt|key|credential|cookie)[^.[\]]*$/i;
/** The address of a webhook is often all that it takes to post there. */
const SECRET_CONTAINER = /\b(env|headers|webhook\.url)([.[]|$)/;
const SECRET_PARAMETER = /((?:token|secret|password|auth|key)[\w-]*[=:\s]\s*)[^\s&"']+/gi;
const URL_CREDENTIALS = /\/\/\S*@/g;
/** The same where the scheme was forgotten. */
const CREDENTIALS = /[^\s/:]+:(?!\/\/)\S*@/g;

function tell(issue: ConfigIssueInput): ConfigIssue {
  const secret = SECRET_SEGMENT.test(issue.path) || SECRET_CONTAINER.test(issue.path);
  const message = issue.message ?? `got ${describe(issue.value, secret)}, allowed: ${issue.allowed}`;
  return { path: issue.path, value: show(issue.value, secret), allowed: issue.allowed, message };
}

function describe(value: unknown, secret: boolean): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  const shown = show(value, secret);
  if (typeof value === 'object') return String(shown);
  return `${typeof shown === 'string' && shown !== MASK ? JSON.stringify(shown) : String(shown)} (${typeof value})`;
}

/** Containers are never shown with their contents: anything inside may be a secret. */
function show(value: unknown, secret: boolean): unknown {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (value === undefined || value === null) return value;
  if (secret) return MASK;
  if (typeof value !== 'string') return value;
  const scrubbed = value
    .replace(URL_CREDENTIALS, `//${MASK}@`)
    .replace(CREDENTIALS, `${MASK}@`)
    .replace(SECRET_PARAMETER, `$1${MASK}`);
  return scrubbed.length > SHOWN_CHARACTERS ? `${scrubbed.slice(0, SHOWN_CHARACTERS)}…` : scrubbed;
}
