#!/usr/bin/env node
/** How long a session is without answers when an instance of its unit is killed under load. See load/README.md. */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient } from './lib/clients/clients.js';
import { command, machine, options, progress } from './lib/command.js';
import { gapsTable } from './lib/tables/gaps-table.js';
import { decimal } from './lib/tables/markdown.js';
import { OpenLoop } from './lib/loops/open-loop.js';
import { startGateway, startHttpUnit } from './lib/processes/processes.js';

const HELP = `failover — one of two instances of a unit is killed under load

Usage: npm run bench:failover -- [--rounds N] [--sessions N] [--rate N] [--json FILE]

  --rounds N    each with a gateway and instances of its own (default 10)
  --sessions N  over Streamable HTTP (default 20)
  --rate N      calls a second of all sessions together, due by the clock (default 500)
  --json FILE   also write all rounds there
  -h, --help    print this and exit

Two instances over HTTP, \`stateless\` and \`trusted\`, everything else at its defaults. After 2 s one gets SIGKILL; 4 s later the
round is over. Measured is each session's longest time between two right answers, in the time before and in the time after.

Exit code: 1 if a call failed or had no answer. Otherwise 0.
`;

const NUMBERS = { rounds: [10, 1, 200], sessions: [20, 2, 200], rate: [500, 10, 5_000] };
/** Milliseconds. */
const WARM_UP = 1_000;
const BEFORE = 2_000;
const AFTER = 4_000;

/** A session, with the longest time it waited for a right answer in the phase it is in. */
class Session {
  calls = 0;
  inFlight = 0;
  longest = 0;

  constructor(client) {
    this.client = client;
  }

  begin() {
    this.longest = 0;
    this.at = performance.now();
  }

  answered() {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.at);
    this.at = now;
  }

  /** What it waits for since its last answer counts too. */
  gap() {
    return Math.max(this.longest, performance.now() - this.at);
  }
}

async function round({ sessions: count, rate }) {
  const instances = [];
  const sessions = [];
  let gateway;
  try {
    for (let i = 0; i < 2; i++) instances.push(await startHttpUnit());
    const urls = instances.map(({ url }) => url);
    const unit = { name: 'lean', kind: 'mcp', urls, transport: 'streamable_http', stateless: true, trusted: true };
    gateway = await startGateway(unit);
    for (let i = 0; i < count; i++) sessions.push(new Session(await HttpClient.open(gateway.urls.http, 2)));
    // It believes what the unit says of its tools once it has been told.
    await list(sessions[0].client);
    return await underLoad(sessions, rate, instances[0].child);
  } finally {
    await Promise.all(sessions.map(({ client }) => client.vanish()));
    await gateway?.child.end();
    for (const { child } of instances) await child.end();
  }
}

const list = client => new Promise(resolve => client.ask(0, '{"jsonrpc":"2.0","id":0,"method":"tools/list"}', resolve));

async function underLoad(sessions, rate, victim) {
  let next = 0;
  const onAnswer = (session, right) => right && session.answered();
  const loop = new OpenLoop(() => sessions[next++ % sessions.length], rate, { tick: 1, onAnswer });
  const gaps = () => sessions.map(session => session.gap());
  const begin = () => sessions.forEach(session => session.begin());
  loop.start();
  await delay(WARM_UP);
  begin();
  await delay(BEFORE);
  const before = gaps();
  begin();
  victim.process.kill('SIGKILL');
  await delay(AFTER);
  const after = gaps();
  await loop.stop();
  const { asked, right, errors, lost, failures } = loop;
  return { before, after, asked, right, errors, lost, failures: [...failures] };
}

async function main() {
  const given = options(NUMBERS, { json: undefined });
  if (given.help) return void process.stdout.write(HELP);
  const rounds = [];
  for (let i = 0; i < given.rounds; i++) {
    rounds.push(await round(given));
    const { after, errors, lost, failures } = rounds.at(-1);
    progress(
      `round ${i + 1} of ${given.rounds}: longest gap ${decimal(Math.max(...after), 1)} ms, ${errors} failed, ${lost} lost`,
    );
    for (const [why, times] of failures.slice(0, 3)) progress(`  ${times} × ${why}`);
  }
  process.stdout.write(`${machine()}; ${given.sessions} sessions, ${given.rate} calls/s\n\n${gapsTable(rounds)}\n`);
  const bad = rounds.reduce((sum, { errors, lost }) => sum + errors + lost, 0);
  const wrong = bad > 0 ? [`${bad} calls failed or had no answer`] : [];
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify({ machine: machine(), rounds, wrong })}\n`);
  return wrong.length > 0 ? 1 : 0;
}

await command(main);
