#!/usr/bin/env node
/** Proves the Dockerfile where there is no container engine: its steps, and what comes of them, as a restricted pod runs it. */
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { stagesOf } from './lib/dockerfile.mjs';
import { must, scratch } from './lib/command.mjs';
import { freePorts } from './lib/ports.mjs';
import { Root } from './lib/root.mjs';
import { say, step, summary } from './lib/steps.mjs';

const HELP = `check-image — carries out the steps of the Dockerfile in a clean root file system, and tries what comes of them

Usage: sudo node scripts/check-image.mjs [--keep FOLDER]

  --keep FOLDER  make the root there, and leave it there; the base in it is taken again next time
  -h, --help     print this and exit

Needs Linux, root, and debootstrap, unshare, nsenter and setpriv. The base is Debian with Node from its registry, as the official
image of that tag; everything else comes from the Dockerfile. Nothing is mounted outside namespaces that end with it. Takes a few minutes.
`;

const NEEDED = ['debootstrap', 'unshare', 'nsenter', 'setpriv', 'npm'];
const TOKEN = 'a token that this check has made up'.replaceAll(' ', '-');
/** Seconds that Kubernetes gives a pod after SIGTERM: k8s/base/deployment.yaml, without preStop. */
const GRACE = 35;
const READY_WITHIN = 60_000;

/** @returns the root of the last stage */
async function build(folder) {
  const stages = new Map();
  let last;
  for (const { name, image, steps } of stagesOf('Dockerfile')) {
    const base = join(folder, `base-${image.replace(/\W/g, '-')}`);
    if (!existsSync(base)) await step(`FROM ${image}`, () => void Root.base(image, base));
    const root = join(folder, name ?? 'image');
    must('rm', ['-rf', root]);
    last = new Root(base).clone(root);
    for (const each of steps) {
      const [[kind, value]] = Object.entries(each);
      if (['run', 'copy'].includes(kind)) await step(`${kind.toUpperCase()} ${value}`, () => last.step(each, stages));
      else last.step(each, stages);
    }
    if (name) stages.set(name, last);
    else last.steps = steps;
  }
  return last;
}

const of = (root, kind) => root.steps.findLast(each => each[kind])[kind];

function inspect(root) {
  const modules = join(root.folder, 'app/node_modules');
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const only = Object.entries(packages)
    .filter(([, { dev }]) => dev)
    .map(([path]) => path.replace('node_modules/', ''));
  const left = only.filter(name => existsSync(join(modules, name)));
  if (left.length > 0) throw new Error(`what only developers need is in the image: ${left.join(', ')}`);
  const specs = must('find', [join(root.folder, 'app/dist'), '-name', '*.spec.*']);
  if (specs !== '') throw new Error(`tests are in the image: ${specs}`);
  return `${must('du', ['-sm', join(root.folder, 'app')]).split('\t')[0]} MB of ours, no development dependencies, no tests`;
}

/** The process that was started, as it is seen from here: the only child of what made its namespaces. */
async function pidOf(child) {
  for (;;) {
    const text = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    if (text !== '' && readFileSync(`/proc/${text}/cmdline`, 'utf8').startsWith('tini')) return Number(text);
    if (child.exitCode !== null) throw new Error('it has ended');
    await delay(20);
  }
}

async function serve(root) {
  const [management, sse, websocket] = await freePorts(3);
  // As in the pod.
  const files = { '/etc/viable/gateway.yaml': 'k8s/base/gateway.yaml' };
  const ports = { MCP_PORT: `${management}`, MCP_SSE_PORT: `${sse}`, MCP_WS_PORT: `${websocket}` };
  const env = { ...ports, MCP_GATEWAY_CONFIG: Object.keys(files)[0], MCP_AUTH_TOKEN: TOKEN };
  let output = '';
  const refused = root.start(of(root, 'entrypoint'), { ...env, MCP_AUTH_TOKEN: '' }, files);
  refused.stderr.setEncoding('utf8').on('data', text => (output += text));
  await step('without a token it refuses to start, and says why', async () => {
    const [code] = await once(refused, 'close');
    if (code !== 78 || !output.includes('auth')) throw new Error(`exit code ${code}: ${output}`);
    return output.trim().split('\n').at(-1).trim();
  });

  const child = root.start(of(root, 'entrypoint'), env, files);
  child.stdout.setEncoding('utf8').on('data', text => (output += text));
  child.stderr.setEncoding('utf8').on('data', text => (output += text));
  const exited = once(child, 'close');
  try {
    const pid = await pidOf(child);
    await step('starts, with a root that nobody can write to', async () => {
      const end = Date.now() + READY_WITHIN;
      while (
        !(await fetch(`http://127.0.0.1:${management}/ready`).then(
          ({ ok }) => ok,
          () => false,
        ))
      ) {
        if (Date.now() > end || child.exitCode !== null) throw new Error(`it is not ready: ${output}`);
        await delay(100);
      }
    });
    await step('is user 1000 without capabilities', () => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const [uid, capabilities, noNew] = [/^Uid:\t(\d+)/m, /^CapBnd:\t(\w+)/m, /^NoNewPrivs:\t(\d)/m].map(
        p => p.exec(status)[1],
      );
      if (uid !== '1000' || !/^0+$/.test(capabilities) || noNew !== '1') throw new Error(status);
      const { status: code } = root.beside(pid, ['sh', '-c', 'touch /app/x || touch /home/node/x'], env);
      if (code === 0) throw new Error('its root can be written to');
      if (root.beside(pid, ['touch', '/tmp/x'], env).status !== 0) throw new Error('/tmp cannot be written to');
    });
    await step('HEALTHCHECK says that it is well', () => {
      const { status, stderr } = root.beside(pid, of(root, 'health'), env);
      if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
    });
    const running = await step('serves the official client', () => use(sse));
    await step('on SIGTERM the call in flight is finished, and it exits with 0', () => end(pid, exited, running));
  } catch (thrown) {
    say(output);
    throw thrown;
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}

async function use(port) {
  const client = new Client({ name: 'check-image', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${TOKEN}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), { requestInit }));
  const { tools } = await client.listTools();
  const { content } = await client.callTool({ name: 'echo', arguments: { message: 'through the image' } });
  if (!content[0].text.includes('through the image')) throw new Error(JSON.stringify(content));
  say(`    ${tools.length} tools; echo says ${JSON.stringify(content[0].text)}`);
  return client;
}

async function end(pid, exited, client) {
  const call = client.callTool({ name: 'trigger-long-running-operation', arguments: { duration: 3, steps: 3 } });
  await delay(500);
  const startedAt = Date.now();
  process.kill(pid, 'SIGTERM');
  const { content, isError } = await call;
  if (isError) throw new Error(JSON.stringify(content));
  const [code] = await Promise.race([exited, delay(GRACE * 1_000, ['nothing: it goes on'], { ref: false })]);
  if (code !== 0) throw new Error(`exit code ${code}`);
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} of ${GRACE} s, the call: ${JSON.stringify(content[0].text)}`;
}

async function main() {
  const { values } = parseArgs({ options: { keep: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) return void process.stdout.write(HELP);
  if (process.platform !== 'linux' || process.getuid() !== 0)
    throw new Error('This needs Linux and root: chroot and mounts.');
  const missing = NEEDED.filter(
    name => !(process.env.PATH ?? '').split(':').some(folder => existsSync(join(folder, name))),
  );
  if (missing.length > 0) throw new Error(`install ${missing.join(', ')}`);
  if (values.keep) must('mkdir', ['-p', values.keep]);
  const root = await build(values.keep ?? scratch());
  await step('holds what it needs and no more', () => inspect(root));
  await serve(root);
  say(summary());
}

await main().catch(error => {
  process.stderr.write(`not ok: ${error.message}\n`);
  process.exitCode = 1;
});
