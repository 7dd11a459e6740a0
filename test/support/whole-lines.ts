/** The lines that are written to their end: of what another process writes, the last may be half. */
export function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1).filter(Boolean);
}
