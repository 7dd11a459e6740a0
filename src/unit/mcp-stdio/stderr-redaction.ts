/** Shorter values are flags and numbers, which stand in every text. */
const SHORTEST = 8;

/** What a unit writes to stderr, without what its configuration has told it: `env` is where units get their secrets. */
export class StderrRedaction {
  private readonly secrets: readonly string[];

  constructor(env: Readonly<Record<string, string>>) {
    const lines = Object.values(env).flatMap(value => [value, ...value.split('\n')]);
    const secrets = new Set(lines.map(line => line.trim()).filter(line => line.length >= SHORTEST));
    // One may hold another.
    this.secrets = [...secrets].sort((a, b) => b.length - a.length);
  }

  masked(line: string): string {
    return this.secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
  }
}
