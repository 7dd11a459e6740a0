/** The `id` of a message on an event stream, which comes back as `Last-Event-ID`. */
export function eventId(epoch: string, sequence: number): string {
  return `${epoch}:${sequence}`;
}

/** Undefined for what is no id of ours: a client may have kept it from another server. */
export function readEventId(text: string): { epoch: string; last: number } | undefined {
  const [, epoch, sequence] = /^([^\p{Cc}]{1,128}):(-1|\d{1,16})$/u.exec(text) ?? [];
  const last = Number(sequence);
  return epoch === undefined || !Number.isSafeInteger(last) ? undefined : { epoch, last };
}
