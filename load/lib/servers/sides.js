/** The servers whose clients are given messages, each in a process of its own: the bare one and the gateway. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Crowd, cpuMs } from '../crowd/crowd.js';
import { withFolder } from '../processes/folder.js';
import { installPeers } from './peers.js';
import { Remote } from '../processes/remote.js';

/** Room for everybody; whatever else is as it is by default. */
export const ROOMY = {
  log_level: 'warn',
  management: { port: 0 },
  sse: { port: 0, max_connections: 25_000 },
  websocket: { port: 0, max_connections: 25_000 },
  limits: {
    sessions: 100_000,
    ...{ new_sessions_per_minute: 10_000_000, connects_per_minute: 10_000_000 },
    ...{ joins_per_minute: 10_000_000, publishes_per_minute: 10_000_000 },
  },
  units: [{ name: 'echo', kind: 'echo' }],
};

/** File descriptors of a process besides its connections. */
const OTHER_FILES = 200;

/** @throws where a process here may not open that many connections */
export function needFiles(connections) {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const [, hard] = /^Max open files +\S+ +(\S+)/m.exec(limits) ?? [];
  if (Number(hard) < connections + OTHER_FILES) {
    throw new Error(`${connections} connections need \`ulimit -n ${connections + OTHER_FILES}\`; here it is ${hard}`);
  }
}

/** `{ name, host, urls }`, with `host` a Remote that knows the commands of host.js. */
export async function startBare(options) {
  const host = await Remote.start('lib/servers/bare-host.mjs', options);
  return { name: 'bare', host, urls: await host.ask('urls') };
}

/** The same with Socket.IO, which must be installed. */
export async function startSocketIo(options) {
  const host = await Remote.start('lib/servers/socketio-host.mjs', options);
  return { name: 'socket.io', host, urls: await host.ask('urls') };
}

/** The same with the gateway inside. */
export async function startGatewayHost({ settings = ROOMY, ...options } = {}) {
  // It reads its configuration once.
  return withFolder(async folder => {
    const file = join(folder, 'gateway.json');
    await writeFile(file, JSON.stringify(settings));
    const host = await Remote.start('lib/servers/gateway-host.mjs', { ...options, args: [file] });
    return { name: 'gateway', host, urls: await host.ask('urls') };
  });
}

/** A server with its crowd of clients, and what was measured with them. */
export class Side {
  /** Number of the next broadcast. */
  #n = 0;

  /**
   * @param name one of SERVERS
   * @param given as Crowd has it, without its URL and kind
   */
  static async open(name, given) {
    const { start, kind, door } = SERVERS[name];
    const { host, urls } = await start();
    try {
      return new Side(name, host, urls, await Crowd.open(name, { url: urls[door], kind, ...given }), given.count);
    } catch (thrown) {
      await host.end();
      throw thrown;
    }
  }

  constructor(name, host, urls, crowd, connections) {
    Object.assign(this, { name, host, urls, crowd, connections });
  }

  /** The numbers of so many broadcasts: the first of them. */
  numbers(count) {
    const n = this.#n;
    this.#n += count;
    return n;
  }

  /** CPU time the server has used so far, in ms. */
  async cpu() {
    return cpuMs(await this.host.ask('cpu'));
  }

  /**
   * What must not happen and did, as text.
   * @param members those whose index is below this must have been given everything
   */
  async wrong(members = this.connections) {
    const found = (await this.crowd.wrong()).map(([what, times]) => `${this.name}: ${times} × ${what}`);
    const received = await this.crowd.remote.ask('received');
    const published = await this.host.ask('published');
    const short = received.slice(0, members).filter((count, i) => count !== this.#n + (published[i] ?? 0)).length;
    if (short > 0) found.push(`${this.name}: ${short} clients have not been given each message once`);
    return found;
  }

  async end() {
    // The crowd first: a server that drains would wait for it.
    await this.crowd.end();
    await this.host.end();
  }
}

const WEBSOCKET = { kind: 'websocket', door: 'websocket' };
const STREAM = { kind: 'stream', door: 'sse' };

/** Name → `base`, what it is compared with; how it starts; of which `kind` its clients are, and where they go. */
export const SERVERS = {
  bare: { title: 'bare `ws`', start: startBare, ...WEBSOCKET },
  gateway: { title: 'gateway, WebSocket', base: 'bare', start: startGatewayHost, ...WEBSOCKET },
  'socket.io': { title: 'Socket.IO', base: 'bare', start: startSocketIo, kind: 'socketio', door: 'websocket' },
  'bare-sse': { title: 'bare `node:http`, event stream', start: startBare, ...STREAM },
  'gateway-sse': { title: 'gateway, event stream', base: 'bare-sse', start: startGatewayHost, ...STREAM },
};
/** Those that nothing need be installed for, with WebSocket clients. */
export const SIDES = ['bare', 'gateway'];

/** The names in a list with commas, all of them installed. */
export async function chosenServers(list) {
  const names = list.split(',');
  for (const name of names) {
    if (!Object.hasOwn(SERVERS, name)) throw new Error(`--side: ${Object.keys(SERVERS).join(', ')}, not ${name}`);
  }
  if (names.includes('socket.io')) await installPeers(['socket.io']);
  return names;
}

/** Those sides with their crowds, by name, for as long as `use` takes; then they are ended. */
export async function withSides(names, given, use) {
  const sides = {};
  try {
    for (const name of names) sides[name] = await Side.open(name, given);
    return await use(sides);
  } finally {
    for (const side of Object.values(sides)) await side.end();
  }
}
