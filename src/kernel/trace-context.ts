/** `traceparent` of W3C Trace Context, level 1: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;
const NONE = '0'.repeat(32);

/** The trace that a message belongs to, as its client says in `params._meta.traceparent`; undefined where it says none. */
export function traceOf(params: Readonly<Record<string, unknown>>): string | undefined {
  const { traceparent } = (params._meta ?? {}) as { traceparent?: unknown };
  if (typeof traceparent !== 'string' || traceparent.length > 128) return undefined;
  const [, trace] = TRACEPARENT.exec(traceparent) ?? [];
  return trace === NONE ? undefined : trace;
}
