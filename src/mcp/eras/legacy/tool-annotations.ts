import { JsonRpcMessage } from '../../../kernel/json-rpc/message.js';

/** Tools of one unit whose hints are remembered; a unit with more has the rest treated with care. */
const MAX_TOOLS = 10_000;

/** Requests that read and change nothing, by what MCP says of them. */
const READING = new Set([
  'ping',
  'tools/list',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
]);

/** Which calls of a unit may be made twice, by its own word (MCP 2025-11-25, ToolAnnotations). */
export class ToolAnnotations {
  private readonly safeTools = new Set<string>();

  /** Reads a `tools/list` result on its way to whoever asked. */
  learn({ result }: JsonRpcMessage): void {
    if (!Array.isArray(result.tools)) return;
    for (const tool of result.tools as (null | { name?: unknown; annotations?: Record<string, unknown> })[]) {
      const { name, annotations } = tool ?? {};
      if (typeof name !== 'string') continue;
      const safe = annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
      if (!safe) this.safeTools.delete(name);
      else if (this.safeTools.size < MAX_TOOLS) this.safeTools.add(name);
    }
  }

  /** Whether the request can be made again when nobody knows what became of it. */
  safe({ method, params }: JsonRpcMessage): boolean {
    return (
      READING.has(method) ||
      (method === 'tools/call' && typeof params.name === 'string' && this.safeTools.has(params.name))
    );
  }
}
