import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve('.');
const CLI = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

interface Violation {
  from: string;
  rule: { name: string };
  cycle?: { name: string }[];
}

/** What breaks a rule in a source tree: `FILE: RULE`, once for each import, and for each file of a cycle. */
function violations(folder: string): Promise<string[]> {
  const args = [CLI, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src'];
  return new Promise((done, fail) =>
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (stdout === '') return fail(error ?? new Error(stderr));
      const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
      done(
        summary.violations.flatMap(({ from, cycle = [], rule }) => {
          const files = new Set([from, ...cycle.map(({ name }) => name)]);
          return [...files].map(file => `${file}: ${rule.name}`);
        }),
      );
    }),
  );
}

const PLANTED = [
  ['transport/http/caller.ts', "import '../../pool/lease.js';", 'station-transport'],
  ['identity/bearer.ts', "import '../session/session.js';", 'station-identity'],
  ['session/session.ts', "import '../delivery/outbox.js';", 'station-session'],
  ['delivery/outbox.ts', "import '../transport/http/reply.js';", 'station-delivery'],
  ['routing/ring.ts', "import type { Lease } from '../pool/lease.js';\nexport type L = Lease;", 'station-routing'],
  ['resilience/circuits.ts', "import '../unit/unit-factory.js';", 'station-resilience'],
  ['pool/lease.ts', "import '../routing/ring.js';", 'station-pool'],
  ['unit/unit-factory.ts', "import '../session/session.js';", 'station-unit'],
  ['connectors/planted.ts', "import '../hub/hub.js';", 'station-connectors'],
  ['cluster/node.local.ts', "import '../session/session.js';", 'station-cluster'],
  ['kernel/clock.ts', "import '../telemetry/counters.js';", 'kernel-is-the-bottom'],
  ['telemetry/counters.ts', "import '../session/session.js';", 'telemetry-knows-only-the-kernel'],
  ['mcp/mcp-server.ts', "import '../hub/hub.js';", 'joiners-do-not-meet'],
  ['hub/hub.ts', "import '../mcp/mcp-server.js';", 'joiners-do-not-meet'],
  ['management/fact-log.ts', "import '../mcp/mcp-server.js';", 'joiners-are-composed'],
  ['hub/hub.ts', "import '../transport/http/reply.js';", 'joiners-know-no-transport'],
  ['mcp/eras/legacy/initialize.ts', "import '../modern/planted.js';", 'eras-do-not-meet'],
  ['mcp/eras/modern/planted.ts', "import '../legacy/initialize.js';", 'eras-do-not-meet'],
  ['vsm/s1-operations/s1-vitals.ts', "import '../../app/banner.js';", 'app-is-on-top'],
  ['session/sessions.ts', "import '../management/fact-log.js';", 'data-plane-without-control-plane'],
  ['vsm/s3-control/rates.ts', "import '../s5-policy/glob.js';", 'regulators-meet-on-the-bus'],
  ['vsm/s3-control/rates.ts', "import '../../session/session.js';", 'regulators-touch-no-message'],
  ['vsm/s4-intelligence/detector.ts', "import '../../mcp/mcp-server.js';", 'regulators-touch-no-message'],
  ['session/session.ts', "import './session-store.memory.js';", 'drivers-are-chosen-by-modules'],
  ['pool/pools.ts', "import '../config/schema.js';", 'config-is-read-by-modules'],
  ['pool/lease.ts', "import '@nestjs/websockets';", 'nest-composes'],
  ['transport/http/caller.ts', "import '@nestjs/core';", 'nest-composes'],
  ['client/transport-selector.ts', "import '../kernel/clock.js';", 'client-stands-alone'],
  ['client/transport-selector.ts', "import 'node:events';", 'client-stands-alone'],
  ['client/transport-selector.ts', "import 'ws';", 'client-stands-alone'],
  ['unit/unit-factory.ts', "import '../client/backoff.js';", 'client-is-for-others'],
  ['cli/api.ts', "import '../kernel/errors.js';", 'cli-stands-alone'],
  ['cli/api.spec.ts', "import '../kernel/errors.js';", 'cli-stands-alone'],
  ['management/fact-log.ts', "import '../cli/exit.js';", 'cli-is-for-operators'],
  ['pool/lease.ts', "import './instance-pool.js';", 'no-cycles'],
  ['connectors/orphan.ts', 'export const nobody = 1;', 'no-orphans'],
] as const;

describe('import rules', () => {
  it('hold for the source', async () => {
    expect(await violations(ROOT)).toEqual([]);
  });

  it('are all tried', () => {
    const rules = createRequire(__filename)(join(ROOT, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] };
    const planted = new Set<string>(PLANTED.map(([, , rule]) => rule));
    expect(rules.forbidden.map(({ name }) => name).filter(name => !planted.has(name))).toEqual([]);
  });

  describe('notice planted imports', () => {
    let folder: string;
    let found: string[];

    // All at once: a look at the whole tree takes seconds.
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'imports-'));
      await cp(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
      await cp(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      for (const [file, line] of PLANTED) {
        await mkdir(dirname(join(folder, 'src', file)), { recursive: true });
        await appendFile(join(folder, 'src', file), `\n${line}\n`);
      }
      found = await violations(folder);
    });

    afterAll(() => rm(folder, { recursive: true }));

    it.each(PLANTED)('src/%s: %s', (file, _, rule) => {
      const planted = PLANTED.filter(each => each[0] === file && each[2] === rule);
      const noticed = found.filter(each => each === `src/${file}: ${rule}`);
      expect(noticed.length).toBeGreaterThanOrEqual(planted.length);
    });
  });
});
