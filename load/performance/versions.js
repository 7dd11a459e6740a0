/** What was measured, and on what. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { decimal } from '../lib/tables/markdown.js';
import { PEERS } from '../lib/servers/peers.js';

const versionIn = path => JSON.parse(readFileSync(path, 'utf8')).version;
const GIB = 2 ** 30;

export function versions() {
  return {
    Node: process.version.slice(1),
    Viable: versionIn(new URL('../../package.json', import.meta.url)),
    ws: versionIn(createRequire(import.meta.url).resolve('ws/package.json')),
    ...PEERS,
  };
}

/** Load: how many others wanted the cores when the run began. */
export function host() {
  const load = decimal(loadavg()[0], 1);
  return (
    `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / GIB)} GiB, ` +
    `${type()} ${release().split('-')[0]} ${arch()}; load average ${load} before it began`
  );
}
