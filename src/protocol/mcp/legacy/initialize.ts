import { Frame } from '../../../kernel/frame.js';

/** What an `initialize` handshake agreed on. */
export interface Agreement {
  protocolVersion: string;
  /** Whether the unit declared `logging`. */
  logging: boolean;
  /** `name/version` of the client, cut to a length that is safe to log. */
  client: string | undefined;
}

/** Reads request and result of a handshake; undefined when the unit's answer is no InitializeResult. */
export function readAgreement(request: Frame, response: Frame): Agreement | undefined {
  const version = response.result.protocolVersion;
  if (response.isError || typeof version !== 'string') return undefined;
  const capabilities = response.result.capabilities as { logging?: unknown } | undefined;
  return { protocolVersion: version, logging: capabilities?.logging !== undefined, client: clientName(request) };
}

function clientName(request: Frame): string | undefined {
  const info = request.params.clientInfo as { name?: unknown; version?: unknown } | undefined;
  if (typeof info?.name !== 'string') return undefined;
  return `${info.name}/${typeof info.version === 'string' ? info.version : '?'}`.slice(0, 64);
}
