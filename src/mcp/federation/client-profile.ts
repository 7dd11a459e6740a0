import { JsonRpcMessage } from '../../kernel/json-rpc/message.js';
import { LEGACY_VERSIONS } from '../../kernel/mcp-versions.js';

/** Capabilities of a client that a unit may go by, and what it may say of each. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  roots: ['listChanged'],
  sampling: ['context', 'tools'],
  elicitation: ['form', 'url'],
};

/**
 * What units can tell of a client: its protocol version and capabilities, reduced to what MCP defines. Sessions with
 * the same profile see the same lists, so that a unit is asked once for all of them.
 */
export interface ClientProfile {
  /** The same for the same profile. */
  readonly key: string;
  readonly protocolVersion: string;
  readonly capabilities: object;
}

type Json = Readonly<Record<string, unknown>>;

/** Of a client that can do nothing beyond asking. */
export const PLAIN_PROFILE: ClientProfile = {
  key: `${LEGACY_VERSIONS[0]} {}`,
  protocolVersion: LEGACY_VERSIONS[0],
  capabilities: {},
};

export function profileOf(initialize: JsonRpcMessage): ClientProfile {
  const asked = String(initialize.params.protocolVersion);
  const protocolVersion = LEGACY_VERSIONS.find(version => version === asked) ?? LEGACY_VERSIONS[0];
  const given = asObject(initialize.params.capabilities);
  const capabilities: Record<string, object> = {};
  for (const [name, members] of Object.entries(KNOWN)) {
    if (given[name] !== undefined) capabilities[name] = reduced(asObject(given[name]), members);
  }
  return { key: `${protocolVersion} ${JSON.stringify(capabilities)}`, protocolVersion, capabilities };
}

/** `true` and `{}` are what these members may be. */
function reduced(given: Json, members: readonly string[]): object {
  const present = members.filter(name => given[name] !== undefined && given[name] !== false);
  return Object.fromEntries(present.map(name => [name, given[name] === true ? true : {}]));
}

export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
