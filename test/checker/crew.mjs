import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));
/** Milliseconds. */
const JOIN_WITHIN = 30_000;
const ENDS_WITHIN = 5_000;

/** The processes in which the clients live. `on`: what they tell, by name (worker.mjs). */
export class Crew {
  #workers = [];
  #joined = 0;
  #ending = false;
  counts = new Map();
  trails = new Map();

  constructor(processes, on) {
    this.on = on;
    const { PATH, HOME } = process.env;
    for (let i = 0; i < processes; i++) {
      const options = { env: { PATH, HOME }, execArgv: [], serialization: 'advanced' };
      const worker = fork(WORKER, [], options);
      worker.on('message', told => this.#told(told));
      worker.once('exit', (code, signal) => {
        if (!this.#ending) on.failed(`a process of clients ended (${signal ?? code})`);
      });
      this.#workers.push(worker);
    }
  }

  #told(told) {
    if (told.joined !== undefined) this.#joined += told.joined;
    else if (told.counts !== undefined) this.#count(told);
    else if (told.dispatched !== undefined)
      for (const [index, pairs] of told.dispatched) this.on.dispatched(index, pairs);
    else if (told.violated !== undefined) this.on.violated(told.violated);
    else if (told.paused !== undefined) this.on.paused(told.paused);
  }

  #count({ counts, trails }) {
    for (const [name, count] of counts) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
    for (const [id, trail] of trails) this.trails.set(id, trail);
  }

  order(order, given = {}) {
    for (const worker of this.#workers) if (worker.connected) worker.send({ order, ...given });
  }

  /** Every client has joined once. @throws if that takes too long */
  async start(cast, given) {
    this.#workers.forEach((worker, index) => {
      const own = cast.filter(client => client.index % this.#workers.length === index);
      worker.send({ order: 'start', ...given, cast: own });
    });
    const end = performance.now() + JOIN_WITHIN;
    while (this.#joined < cast.length) {
      if (performance.now() > end) throw new Error(`only ${this.#joined} of ${cast.length} clients could join`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** Ends them, by pid if they do not. */
  async end() {
    this.#ending = true;
    this.order('stop');
    await Promise.all(
      this.#workers.map(async worker => {
        if (worker.exitCode !== null || worker.signalCode !== null) return;
        const late = setTimeout(() => worker.kill('SIGKILL'), ENDS_WITHIN);
        await once(worker, 'exit');
        clearTimeout(late);
      }),
    );
  }
}
