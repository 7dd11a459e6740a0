/** Ids that no other client, and no other life of this one, gives: `crypto.randomUUID` is missing on pages without TLS. */
export function freshIds(): () => string {
  const words = crypto.getRandomValues(new Uint32Array(3));
  const prefix = Array.from(words, word => word.toString(36)).join('');
  let count = 0;
  return () => `${prefix}-${++count}`;
}
