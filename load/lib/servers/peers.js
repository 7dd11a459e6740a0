/** Other gateways, and Socket.IO, to be measured beside ours: installed when a run asks for them, never part of the product. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from '../processes/processes.js';

export const PEERS = { supergateway: '4.0.0', 'mcp-proxy': '6.7.19', 'socket.io': '4.8.4' };

const FOLDER = fileURLToPath(new URL('../../.peers', import.meta.url));
/** Milliseconds. */
const READY_WITHIN = 20_000;

const manifest = name => join(FOLDER, 'node_modules', name, 'package.json');

function installed(name) {
  return existsSync(manifest(name)) && JSON.parse(readFileSync(manifest(name), 'utf8')).version === PEERS[name];
}

/** Installs what is missing into `load/.peers`, in exactly these versions and without running their scripts. */
export async function installPeers(names) {
  if (names.every(installed)) return;
  await mkdir(FOLDER, { recursive: true });
  // Without it, npm would look for a project further up.
  await writeFile(join(FOLDER, 'package.json'), '{ "private": true }\n');
  const packages = Object.entries(PEERS).map(([name, version]) => `${name}@${version}`);
  const args = ['install', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact'];
  const npm = spawn('npm', [...args, '--loglevel', 'error', ...packages], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(npm, 'exit');
  if (code !== 0) throw new Error(`npm could not install ${packages.join(', ')}`);
}

/** Loads one that is a library. */
export const peerRequire = createRequire(join(FOLDER, 'package.json'));

/**
 * Starts one in front of a unit; what it writes goes nowhere. `{ url, child }`.
 * @param argsOf makes its arguments of the port
 */
export async function startPeer(name, path, argsOf) {
  const { bin } = JSON.parse(readFileSync(manifest(name), 'utf8'));
  const script = join(FOLDER, 'node_modules', name, typeof bin === 'string' ? bin : bin[name]);
  const port = await freePort();
  const child = startChild([script, ...argsOf(port)], {
    env: { NODE_ENV: 'production' },
    stdout: 'ignore',
    stderr: 'ignore',
  });
  try {
    await listening(port, child);
  } catch (thrown) {
    await child.end();
    throw new Error(`${name} ${thrown.message}`);
  }
  return { url: `http://127.0.0.1:${port}${path}`, child };
}

async function listening(port, child) {
  const deadline = performance.now() + READY_WITHIN;
  while (performance.now() < deadline && child.process.exitCode === null) {
    if (await connects(port)) return;
    await delay(50);
  }
  throw new Error('did not begin to listen');
}

function connects(port) {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
