import { readFileSync, writeFileSync } from 'node:fs';

/** One fault: what happens, what the client sees, what the gateway does. */
export interface Fault {
  fault: string;
  client: string;
  gateway: string;
}

const FILE = 'docs/FAULTS.md';
const HEAD = `# Faults

What clients and units can do wrong, what a client then sees, and what the gateway does. Each row is a test that does it,
through real sockets and real children: \`npx jest test/chaos\`. In each, another session goes on undisturbed, and
afterwards no session, lease, connection or child is left. This page is written by the tests
(\`UPDATE_DOCS=1 npx jest test/chaos\`) and fails them when it is not what they say.
`;

/** Collects faults by section as their tests are declared. */
export class FaultTable {
  private readonly sections = new Map<string, Fault[]>();

  add(section: string, fault: Fault): void {
    this.sections.set(section, [...(this.sections.get(section) ?? []), fault]);
  }

  /** Compares the page with the table, or writes it when `UPDATE_DOCS` is set. */
  check(): void {
    const tables = [...this.sections].map(([section, faults]) => {
      const rows = faults.map(({ fault, client, gateway }) => `| ${fault} | ${client} | ${gateway} |`);
      return `## ${section}\n\n| fault | the client sees | the gateway |\n|---|---|---|\n${rows.join('\n')}\n`;
    });
    const page = `${HEAD}\n${tables.join('\n')}`;
    if (process.env.UPDATE_DOCS) writeFileSync(FILE, page);
    expect(readFileSync(FILE, 'utf8')).toBe(page);
  }
}
