import { readFileSync, writeFileSync } from 'node:fs';
import { fateTable } from './fates.js';
import { regressionTable } from './regressions.js';

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

const FAILING = `## Instances that fail

Fifty sessions with a call in flight each, at two instances of a unit over stdio or HTTP, of which one fails
(\`npx jest test/chaos/failover\`, which prints how many and how fast). A call is safe if its tool says \`readOnlyHint\` or
\`idempotentHint\` and its unit is \`trusted\`; a call that was provably not sent is sent again at a stateless unit in any case.
Where others of the session's calls are still in flight at an instance that takes no connections any more, it waits for
them a second at most and is refused then.

What all clients together may hold is tried by \`npx jest test/chaos/bounds\`, several units of which some fail by
\`npx jest test/e2e/federation\`.
`;

const BETWEEN = `## Between units and sessions

Several units, links that sessions share, units that are asked whether they are still there:
\`npx jest test/chaos/regressions\`, a file for each.
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
    const page = `${HEAD}\n${tables.join('\n')}\n${FAILING}\n${fateTable()}\n\n${BETWEEN}\n${regressionTable()}\n`;
    if (process.env.UPDATE_DOCS) writeFileSync(FILE, page);
    expect(readFileSync(FILE, 'utf8')).toBe(page);
  }
}
