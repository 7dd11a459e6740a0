import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startFixture, type RunningFixture } from '../support/fixture.js';
import { startGateway } from '../support/gateway.js';

/**
 * What an MCP server passes when it is asked directly, it must pass through the gateway.
 *
 * The suite of the MCP project runs against our fixture three times: directly, through a gateway that reaches it over
 * stdio, and through one that reaches it over Streamable HTTP. A check may become INFO on the way (the suite's word for
 * "does not apply"); it may not fail, and it may not be missing.
 */
const SCENARIOS = [
  'server-initialize',
  'logging-set-level',
  'ping',
  'completion-complete',
  'tools-list',
  'tools-call-simple-text',
  'tools-call-image',
  'tools-call-audio',
  'tools-call-embedded-resource',
  'tools-call-mixed-content',
  'tools-call-with-logging',
  'tools-call-error',
  'tools-call-with-progress',
  'tools-call-sampling',
  'tools-call-elicitation',
  'json-schema-2020-12',
  'elicitation-sep1034-defaults',
  'server-sse-polling',
  'server-sse-multiple-streams',
  'elicitation-sep1330-enums',
  'resources-list',
  'resources-read-text',
  'resources-read-binary',
  'resources-templates-read',
  'resources-subscribe',
  'resources-unsubscribe',
  'prompts-list',
  'prompts-get-simple',
  'prompts-get-with-args',
  'prompts-get-embedded-resource',
  'prompts-get-with-image',
  'dns-rebinding-protection',
];

/**
 * Here only failures count. The scenario watches a server close the stream of a running call; the gateway resumes the
 * unit's stream itself and keeps the client's open, as the specification allows. Nor must it prime this stream: the
 * suite (0.1.13) sends `mcp-protocol-version: 2025-03-26`, and a client that old may choke on an event without data.
 */
const STREAM_MAY_DIFFER = 'server-sse-polling';

const SUITE = resolve('node_modules/@modelcontextprotocol/conformance/dist/index.js');
const FIXTURE = resolve('test/fixtures/conformance-unit.mjs');

/** A healthy run takes two seconds; a call that is never answered costs the suite's client one minute. */
const SUITE_TIMEOUT = 5 * 60_000;
const SETUP_TIMEOUT = SUITE_TIMEOUT + 30_000;

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  errorMessage?: string;
}

/** The checks of each scenario that came to its end. */
type Outcome = Map<string, Check[]>;

let fixture: RunningFixture;
let direct: Outcome;

beforeAll(async () => {
  fixture = await startFixture(FIXTURE, ['http']);
  direct = await runSuite(fixture.url);
}, SETUP_TIMEOUT);

afterAll(() => fixture?.stop());

test('no server scenario of the suite is left out', async () => {
  const listed = await runCli('list', '--server');
  expect([...listed.matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => name).sort()).toEqual([...SCENARIOS].sort());
});

describe('asked directly, the fixture passes', () => {
  test.each(SCENARIOS)('%s', scenario => {
    expect(direct.get(scenario)).toBeDefined();
    expect(failures(direct.get(scenario))).toEqual([]);
  });
});

describe.each([
  ['stdio', () => ({ command: process.execPath, args: [FIXTURE, 'stdio'] })],
  ['Streamable HTTP', () => ({ url: fixture.url })],
])('through a gateway that reaches it over %s, it passes', (how, address) => {
  let through: Outcome;

  beforeAll(async () => {
    const gateway = await startGateway({ units: [{ name: 'fixture', kind: 'mcp', ...address() }] });
    try {
      through = await runSuite(gateway.mcpUrl);
    } finally {
      await gateway.stop();
    }
  }, SETUP_TIMEOUT);

  afterAll(() => {
    const notes = SCENARIOS.flatMap(name =>
      differences(direct?.get(name), through?.get(name)).map(difference => `${name}: ${difference}`),
    );
    if (notes.length > 0) console.info([`Directly → through the gateway and ${how}:`, ...notes].join('\n'));
  });

  test.each(SCENARIOS)('%s', scenario => {
    const checks = through.get(scenario);
    expect(checks).toBeDefined();
    expect(failures(checks)).toEqual([]);
    if (scenario !== STREAM_MAY_DIFFER) expect(lost(direct.get(scenario), checks)).toEqual([]);
  });
});

/** Runs every scenario, in one process. One that crashed or did not finish is missing from the outcome. */
async function runSuite(url: string): Promise<Outcome> {
  const results = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const output = await runCli('server', '--url', url, '--suite', 'all', '--output-dir', results);
    const outcome: Outcome = new Map();
    for (const folder of await readdir(results)) {
      const [, scenario] = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(folder) ?? [];
      const checks = await readFile(join(results, folder, 'checks.json'), 'utf8').catch(() => undefined);
      if (scenario && checks) outcome.set(scenario, JSON.parse(checks) as Check[]);
    }
    if (outcome.size === 0) throw new Error(`The conformance suite left no results:\n${output}`);
    return outcome;
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** What the suite's command printed. Its exit code is ignored: it says no more than the checks do. */
function runCli(...args: string[]): Promise<string> {
  const options = { timeout: SUITE_TIMEOUT, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const;
  return new Promise(done => {
    execFile(process.execPath, [SUITE, ...args], options, (_, stdout, stderr) => done(stdout + stderr));
  });
}

function failures(checks: Check[] = []): string[] {
  return checks.filter(({ status }) => status === 'FAILURE').map(({ id, errorMessage }) => `${id}: ${errorMessage}`);
}

/** The checks that succeed less often than they did directly and have not become INFO instead. */
function lost(before: Check[] = [], after: Check[] = []): string[] {
  const count = (checks: Check[], id: string, ...statuses: Check['status'][]) =>
    checks.filter(check => check.id === id && statuses.includes(check.status)).length;
  const ids = new Set(before.map(({ id }) => id));
  return [...ids].filter(id => count(after, id, 'SUCCESS', 'INFO') < count(before, id, 'SUCCESS'));
}

/** Each check whose verdict changed on the way, as `id: before → after (why)`. What is always INFO is only a record. */
function differences(before: Check[] = [], after: Check[] = []): string[] {
  const ids = new Set([...before, ...after].filter(({ status }) => status !== 'INFO').map(({ id }) => id));
  return [...ids].flatMap(id => {
    const [was, is] = [before, after].map(checks => checks.filter(check => check.id === id));
    const [then, now] = [was, is].map(checks => checks?.map(({ status }) => status).join() || 'absent');
    const why = is?.find(({ errorMessage }) => errorMessage)?.errorMessage;
    return then === now ? [] : [`${id}: ${then} → ${now}${why ? ` (${why})` : ''}`];
  });
}
