/** Thousands of clients of one server, in a process of their own: crowd.mjs, told from here what to do. */
import { progress } from '../command.js';
import { whole } from '../tables/markdown.js';
import { Remote } from '../processes/remote.js';

/** Handshakes at a time. */
const AT_ONCE = 100;

export class Crowd {
  /**
   * @param given `url`, `count`; `kind`: `websocket`, `stream` or `socketio`; `acks`: milliseconds within which they acknowledge
   *   what arrives, undefined: they are silent
   */
  static async open(name, given) {
    const crowd = new Crowd(await Remote.start('lib/crowd/crowd.mjs'));
    try {
      const { tookMs } = await crowd.add(given);
      progress(`${name}: ${whole(given.count)} connections in ${whole(tookMs)} ms`);
      return crowd;
    } catch (thrown) {
      await crowd.end();
      throw new Error(`${name}: ${thrown.message}`);
    }
  }

  constructor(remote) {
    this.remote = remote;
  }

  add(given) {
    return this.remote.ask('open', { atOnce: AT_ONCE, ...given });
  }

  /** Counts from now on, those whose index is below `members`. */
  reset(members) {
    return this.remote.ask('reset', { members });
  }

  /** `{ count, lastAt, complete }` when so many messages have arrived since the reset, or after `within` milliseconds. */
  completed(total, within) {
    return this.remote.ask('completed', { total, within });
  }

  /** `{ count, p50, p99, longest }` since the reset, in ms from publishing to arrival. */
  figures() {
    return this.remote.ask('figures');
  }

  /** CPU time used so far, in ms. */
  async cpu() {
    return cpuMs(await this.remote.ask('cpu'));
  }

  /** What must not happen and did: `[what, times]` each. */
  wrong() {
    return this.remote.ask('wrong');
  }

  async end() {
    await this.remote.end();
  }
}

/** Of `process.cpuUsage()`. */
export const cpuMs = ({ user, system }) => (user + system) / 1_000;
