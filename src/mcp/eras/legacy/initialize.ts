import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';

/** What an `initialize` handshake agreed on. */
export interface Agreement {
  protocolVersion: string;
  /** Whether the unit declared `logging`. */
  logging: boolean;
}

/** Reads the unit's answer to `initialize`; undefined when it is no InitializeResult. */
export function readAgreement(answer: JsonRpcMessage): Agreement | undefined {
  const { protocolVersion, capabilities } = answer.result;
  if (answer.isError || typeof protocolVersion !== 'string' || !/^[\w.-]{1,32}$/.test(protocolVersion))
    return undefined;
  const { logging } = (capabilities ?? {}) as { logging?: unknown };
  return { protocolVersion, logging: logging !== undefined };
}
