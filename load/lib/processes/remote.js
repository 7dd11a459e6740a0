/** A process of a measurement that does what it is told over the IPC channel; its own end is `serve`. */
import { fileURLToPath } from 'node:url';
import { startChild } from './processes.js';

/** Milliseconds. */
const READY_WITHIN = 20_000;
const ANSWERS_WITHIN = 180_000;

export class Remote {
  #asked = new Map();
  #next = 0;

  /**
   * @param script by its path in load/
   * @param args of the script
   * @param nodeArgs options of Node, such as `--expose-gc`
   * @param stdout where it writes: to stderr, if nothing else is said, as stdout is for the report
   */
  static async start(script, { args = [], nodeArgs = [], stdout = 2 } = {}) {
    const remote = new Remote(script, args, nodeArgs, stdout);
    await remote.#answer('ready', READY_WITHIN);
    return remote;
  }

  constructor(script, args, nodeArgs, stdout) {
    this.name = script;
    const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
    this.child = startChild([...nodeArgs, path, ...args], { stdout, ipc: 'ipc' });
    this.child.process.on('message', ({ id = 'ready', result, error }) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Error(`${this.name}: ${error}`));
    });
    this.child.exited.then(() => this.#fail(`${this.name} has ended`));
  }

  get pid() {
    return this.child.process.pid;
  }

  /** @param within milliseconds for the answer */
  ask(name, given = {}, within = ANSWERS_WITHIN) {
    const id = ++this.#next;
    const answer = this.#answer(id, within);
    this.child.process.send({ id, name, given }, error => error && this.#fail(error.message));
    return answer;
  }

  async end() {
    await this.child.end();
  }

  #answer(id, within) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#asked.delete(id);
        reject(new Error(`${this.name} did not answer within ${within} ms`));
      }, within);
      const done = settle => value => {
        clearTimeout(late);
        settle(value);
      };
      this.#asked.set(id, { resolve: done(resolve), reject: done(reject) });
    });
  }

  #fail(why) {
    for (const { reject } of this.#asked.values()) reject(new Error(why));
    this.#asked.clear();
  }
}
