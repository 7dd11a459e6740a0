/** Revisions of the Model Context Protocol with `initialize` and sessions, newest first. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

/** JSON-RPC batches came with 2025-03-26 and went with 2025-06-18. */
export function takesBatches(version: string | undefined): boolean {
  return version === '2025-03-26';
}
