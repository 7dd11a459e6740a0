/** One run of one scenario: its processes, its phases, and what came of it. */
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Remote } from '../lib/processes/remote.js';
import { childrenCpu, startGateway } from '../lib/processes/processes.js';
import { ROOMY } from '../lib/servers/sides.js';
import { clock } from '../lib/processes/monotonic.js';

const { limits } = ROOMY;

/** What a scenario may ask for. */
export class Stage {
  /** Whatever a scenario keeps between its steps, and what it wants to have told with its figures. */
  own = {};
  told = {};
  /** `{ lever, target, value, by, why, at }` each, `at` in ms of `clock`. */
  levers = [];
  /** Kind of line in the gateway's log → how many. */
  log = new Map();
  #ends = [];

  /** @param size numbers by name that `--quick` makes smaller */
  constructor(regulated, size) {
    this.regulated = regulated;
    this.size = size;
  }

  /** Another process of ours, ended with the stage. */
  async remote(script) {
    const remote = await Remote.start(`viability/${script}`);
    this.#ends.push(() => remote.end());
    return remote;
  }

  /** Limited units, listening: `[{ remote, url }]`. */
  async units(count, manner = {}) {
    const units = [];
    for (let i = 0; i < count; i++) {
      const remote = await this.remote('limited-unit.mjs');
      await remote.ask('up');
      await remote.ask('set', manner);
      units.push({ remote, url: await remote.ask('url') });
    }
    return units;
  }

  onEnd(end) {
    this.#ends.push(end);
  }

  async startGateway(units, settings = {}) {
    const { child, urls } = await startGateway(units, {
      settings: { limits, log_level: 'info', regulation: { enabled: this.regulated }, ...settings },
      onLine: line => this.#hear(line),
    });
    this.#ends.push(() => child.end());
    this.gateway = child;
    this.urls = urls;
  }

  async end() {
    for (const end of this.#ends.reverse()) await end();
  }

  #hear(line) {
    if (!line.startsWith('{')) return;
    const { msg, lever, target, value, by, why } = JSON.parse(line);
    this.log.set(msg, (this.log.get(msg) ?? 0) + 1);
    if (msg === 'lever_moved') this.levers.push({ lever, target, value, by, why, at: clock() });
  }
}

/** CPU time in ms: of the gateway, of all our processes, and of whatever runs on this machine. */
function used(gateway) {
  const { user, system } = process.cpuUsage();
  const all = cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0);
  return { gateway: gateway.cpu(), ours: childrenCpu() + (user + system) / 1_000, all };
}

/** What was used between both, in cores. `others`: what is not ours, and hides what we look for. */
function coresBetween(before, after, ms) {
  const cores = name => (after[name] - before[name]) / ms;
  return { gateway: cores('gateway'), others: Math.max(0, cores('all') - cores('ours')) };
}

/**
 * Resolves with `{ items, times, told, levers, log, failures, cores }`: items by kind, times in ms as figures.js has
 * them, `cores` used during the disturbance.
 */
export async function perform(scenario, regulated, { phases, size }) {
  const stage = new Stage(regulated, size);
  try {
    await scenario.prepare(stage);
    const clients = await stage.remote('clients.mjs');
    await clients.ask('open', scenario.clients(stage));
    await scenario.arm?.(stage);
    await clients.ask('start');
    await delay(phases.warmUp);
    const times = { calm: clock() };
    await delay(phases.calm);
    times.disturbed = clock();
    const before = used(stage.gateway);
    await scenario.disturb(stage, phases.disturbance);
    // What happens once is over sooner than the time in which it is felt.
    await delay(Math.max(0, times.disturbed + phases.disturbance - clock()));
    times.recovering = clock();
    const cores = coresBetween(before, used(stage.gateway), times.recovering - times.disturbed);
    await delay(phases.recovery);
    await scenario.settle?.(stage);
    times.end = clock();
    const { failures, switches, gaps, ...items } = await clients.ask('stop');
    const told = { ...stage.told, ...(items.messages.length > 0 ? { switches, gaps } : {}) };
    const { log } = stage;
    // What the end of the run itself has moved is none of it.
    const levers = stage.levers.filter(({ at }) => at < times.end);
    return { items, times, told, levers, log: Object.fromEntries(log), failures, cores };
  } finally {
    await stage.end();
  }
}
