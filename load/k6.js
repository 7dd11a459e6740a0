#!/usr/bin/env node
/** k6's opinion: its scripts, each before a gateway of its own. See load/README.md. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { command, machine, options, progress } from './lib/command.js';
import { HEADING, isGreen, row } from './lib/tables/k6-table.js';
import { markdown } from './lib/tables/markdown.js';
import { rss } from './lib/processes/proc.js';
import { startGateway, startHttpUnit } from './lib/processes/processes.js';
import { needFiles, ROOMY } from './lib/servers/sides.js';

const HELP = `k6 — clients by the thousand and calls, by k6, before a gateway that is started for each run

Usage: npm run load:k6 -- [--profile NAME] [--only NAMES] [--k6 PATH] [--json FILE]

  --profile NAME  short: 1,000 clients and half a minute each, for small machines (default); full: 10,000 clients, and a soak of an hour
  --only NAMES    some of: websocket, sse, broadcast, idle-websocket, idle-sse, storm, spike, soak, failover, tools-call, websocket-tools-call
  --k6 PATH       the command (default: K6 from the environment, else k6); for event streams one with xk6-sse in it (load/README.md)
  --json FILE     also write what k6 has measured there
  -h, --help      print this and exit

The thresholds: everybody is let in, 99 of 100 messages within 100 ms, none missing, no wrong or failed call, and none slower than a second while an
instance dies. A message that goes to everybody at once (broadcast) may take half a second, with ten thousand clients five: k6 reads them one after the other. Exit code: 1 if one is crossed; then the rest is run all the same.
`;

/** Milliseconds after which the unit's instance is killed. */
const KILLED_AFTER = 5_000;

const crowd = (script, more) => ({ script, clients: true, ...more });
const WEBSOCKET = 'websocket-clients.js';
const SSE = 'sse-clients.js';
const PROFILES = {
  short: {
    websocket: crowd(WEBSOCKET, { CLIENTS: 1_000, PER_VU: 10, TOPICS: 10, RAMP: 10, SECONDS: 30, RATE: 10 }),
    sse: crowd(SSE, { CLIENTS: 1_000, TOPICS: 10, RAMP: 10, SECONDS: 30, RATE: 10 }),
    broadcast: crowd(WEBSOCKET, { CLIENTS: 1_000, PER_VU: 10, RAMP: 10, SECONDS: 30, RATE: 1, P99: 500 }),
    storm: crowd(WEBSOCKET, { CLIENTS: 100, PER_VU: 10, RAMP: 2, SECONDS: 20, RATE: 20 }),
    spike: crowd(WEBSOCKET, { CLIENTS: 1_000, PER_VU: 10, TOPICS: 10, RAMP: 1, SECONDS: 10, RATE: 10 }),
    soak: crowd(WEBSOCKET, { CLIENTS: 200, PER_VU: 10, RAMP: 5, SECONDS: 60, RATE: 2 }),
    failover: { script: 'failover.js', VUS: 10, DURATION: '15s', kill: true },
    'tools-call': { script: 'tools-call.js', VUS: 10, DURATION: '15s' },
    'websocket-tools-call': { script: 'websocket-tools-call.js', VUS: 10, DURATION: '15s' },
  },
  full: {
    websocket: crowd(WEBSOCKET, { CLIENTS: 10_000, PER_VU: 100, TOPICS: 100, RAMP: 60, SECONDS: 60, RATE: 20 }),
    sse: crowd(SSE, { CLIENTS: 10_000, TOPICS: 100, RAMP: 60, SECONDS: 60, RATE: 20 }),
    broadcast: crowd(WEBSOCKET, { CLIENTS: 10_000, PER_VU: 100, RAMP: 60, SECONDS: 60, RATE: 0.2, P99: 5_000 }),
    'idle-websocket': crowd(WEBSOCKET, { CLIENTS: 10_000, PER_VU: 100, RAMP: 60, SECONDS: 120, RATE: 0 }),
    'idle-sse': crowd(SSE, { CLIENTS: 10_000, RAMP: 60, SECONDS: 120, RATE: 0 }),
    storm: crowd(WEBSOCKET, { CLIENTS: 1_000, PER_VU: 10, TOPICS: 10, RAMP: 10, SECONDS: 60, RATE: 50 }),
    spike: crowd(WEBSOCKET, { CLIENTS: 10_000, PER_VU: 100, TOPICS: 100, RAMP: 5, SECONDS: 20, RATE: 20 }),
    soak: crowd(WEBSOCKET, { CLIENTS: 1_000, PER_VU: 10, TOPICS: 10, RAMP: 10, SECONDS: 3_600, RATE: 10 }),
    failover: { script: 'failover.js', VUS: 20, DURATION: '1m', kill: true },
    'tools-call': { script: 'tools-call.js', VUS: 50, DURATION: '1m' },
    'websocket-tools-call': { script: 'websocket-tools-call.js', VUS: 50, DURATION: '1m' },
  },
};

/** What may be sent again is: these two are one unit, which keeps nothing and is believed. */
async function pair() {
  const units = await Promise.all([startHttpUnit(), startHttpUnit()]);
  const unit = { name: 'lean', kind: 'mcp', urls: units.map(({ url }) => url), stateless: true, trusted: true };
  return { units, unit };
}

let asked;
process.once('exit', () => asked?.kill('SIGKILL'));

async function run(name, { script, clients, kill, ...env }, k6, folder) {
  if (clients) needFiles(env.CLIENTS);
  const { units, unit } = kill ? await pair() : { units: [], unit: { name: 'echo', kind: 'echo' } };
  const { urls, child } = await startGateway(unit, { settings: { ...ROOMY, log_level: 'info' } });
  const summary = join(folder, `${name}.json`);
  const doors = { HTTP_URL: urls.http, WS_URL: urls.websocket };
  const door = script.startsWith('websocket') ? urls.websocket : urls.http;
  const given = Object.entries({ ...env, ...doors, GATEWAY_URL: door }).flatMap(([key, value]) => [
    '-e',
    `${key}=${value}`,
  ]);
  const path = fileURLToPath(new URL(`k6/${script}`, import.meta.url));
  const args = ['run', '--quiet', '--no-usage-report', '--summary-export', summary, ...given, path];
  const { PATH, HOME } = process.env;
  asked = spawn(k6, args, { env: { PATH, HOME }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  asked.stderr.setEncoding('utf8').on('data', text => (said = (said + text).slice(-2_000)));
  const most = watch(child.process.pid);
  const failed = new Promise((_, reject) => {
    asked.once('error', ({ message }) => reject(new Error(`${message}; --k6 PATH, or go install go.k6.io/k6@latest`)));
  });
  try {
    if (kill) void delay(KILLED_AFTER).then(() => units[0].child.process.kill('SIGKILL'));
    const [code] = await Promise.race([once(asked, 'exit'), failed]);
    // 99: a threshold was crossed.
    if (code !== 0 && code !== 99) throw new Error(`k6 ended with ${code}: ${said}`);
    return { name, env, code, memory: most.stop(), metrics: JSON.parse(readFileSync(summary, 'utf8')).metrics };
  } finally {
    most.stop();
    await child.end();
    for (const each of units) await each.child.end();
  }
}

/** The most memory that a process had, in bytes. */
function watch(pid) {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, rss(pid))), 1_000);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

async function main() {
  const given = options({}, { profile: 'short', only: undefined, k6: process.env.K6 ?? 'k6', json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const runs = PROFILES[given.profile];
  if (runs === undefined) throw new Error(`--profile: ${Object.keys(PROFILES).join(' or ')}, not ${given.profile}`);
  const names = given.only?.split(',') ?? Object.keys(runs);
  const unknown = names.find(name => !Object.hasOwn(runs, name));
  if (unknown !== undefined) throw new Error(`--only: of ${Object.keys(runs).join(', ')}, not ${unknown}`);
  const folder = mkdtempSync(join(tmpdir(), 'viable-k6-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const results = [];
  for (const name of names) {
    progress(`${name} …`);
    results.push(await run(name, runs[name], given.k6, folder));
  }
  process.stdout.write(`${machine()}; profile ${given.profile}:\n\n${markdown([HEADING, ...results.map(row)])}\n`);
  if (given.json !== undefined)
    writeFileSync(given.json, `${JSON.stringify({ machine: machine(), profile: given.profile, results })}\n`);
  return results.every(isGreen) ? 0 : 1;
}

await command(main);
