#!/usr/bin/env node
/**
 * An incident, and its diagnosis by the command line and a real Prometheus alone: an instance becomes slow, a client floods, and a
 * pool is used up, all within a second. `node load/incident.js --write` puts what was printed into docs/INCIDENT.md.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { command, options, progress } from './lib/command.js';
import { fillSteps } from './incident/page.js';
import { Scene } from './incident/scene.js';

const run = promisify(execFile);
const PAGE = fileURLToPath(new URL('../docs/INCIDENT.md', import.meta.url));
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const TOKEN = 'only-for-the-incident-on-loopback';
/** Columns of what is printed. */
const WIDTH = 118;

const HELP =
  'node load/incident.js [--write] [--calm SECONDS]\n  --write   puts what was printed into docs/INCIDENT.md';

/** Steps by name: the line that a person would type, and what it printed. */
const steps = new Map();

/** @param cwd where it is typed */
async function step(name, typed, file, args, cwd, env) {
  const { PATH, HOME } = process.env;
  const done = await run(file, args, { cwd, env: { PATH, HOME, NO_COLOR: '1', COLUMNS: String(WIDTH), ...env } }).catch(
    failed => failed,
  );
  const code = done.code ? `\n# exit code ${done.code}` : '';
  const text = `$ ${typed}\n${(done.stdout + done.stderr).trimEnd()}${code}`;
  progress(`${text}\n`);
  steps.set(name, text);
}

async function main() {
  const { write, help, calm } = options({ calm: [60, 5, 600] }, {}, ['write']);
  if (help) return void process.stdout.write(`${HELP}\n`);
  const scene = await Scene.open(TOKEN);
  const env = { VIABLE_URL: scene.management, MCP_ADMIN_TOKEN: TOKEN };
  const viable = (name, ...args) => {
    const typed = args.map(arg => (/^[\w./:=-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ');
    return step(name, `viable ${typed}`, process.execPath, [CLI, ...args], scene.folder, env);
  };
  const promql = (name, query) =>
    step(
      name,
      `promtool query instant $PROMETHEUS '${query}'`,
      'promtool',
      ['query', 'instant', scene.prometheus, query],
      scene.folder,
    );
  try {
    await scene.begin();
    progress(`calm for ${calm} s`);
    await delay(calm * 1_000);
    await viable('calm', 'status');
    await scene.disturb();
    progress('the incident has begun');
    await delay(75_000);
    await promql('alerts', 'ALERTS{alertstate="firing"}');
    await viable('status', 'status');
    await viable('pools', 'pools');
    await promql('pool', 'gateway_pool_in_use / gateway_pool_limit');
    await promql(
      'checkout',
      'rate(gateway_pool_checkout_seconds_total[1m]) / (rate(gateway_pool_checkouts_total[1m]) > 0)',
    );
    await viable('ring', 'ring', 'search');
    await promql('slow', 'gateway_lever_value');
    await viable('trail', 'trail', '--most', '12');
    await viable('clients', 'clients', '--sort', 'messages', '--most', '5');
    await viable('trace', 'trace', 'flooder', '--most', '8');
    await viable('errors', 'errors', 'flooder', '--most', '3');
    await viable('policy', 'policy');
    await viable('roomier', 'policy', 'set', 'roomier.yaml');
    await viable(
      'disconnect',
      'disconnect',
      'flooder',
      '--end-sessions',
      '--why',
      'a sensor with a wrong clock, its owner is told',
    );
    await scene.heal();
    progress('what was wrong is mended');
    await delay(90_000);
    await viable('well', 'status');
    await promql('after', 'ALERTS{alertstate="firing"}');
    await viable('audit', 'trail', '--most', '6');
  } finally {
    await scene.close();
  }
  if (write) await writeFile(PAGE, fillSteps(await readFile(PAGE, 'utf8'), steps));
}

await command(main);
