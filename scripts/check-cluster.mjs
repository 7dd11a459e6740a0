#!/usr/bin/env node
/** What a real API server says to k8s/ and its overlays. */
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { must, scratch } from './lib/command.mjs';
import { freePorts } from './lib/ports.mjs';
import { say, step, summary } from './lib/steps.mjs';
import { API_SERVER, buildCluster, CRDS } from './lib/cluster.mjs';

const HELP = `check-cluster — applies k8s/ and each overlay to a real kube-apiserver on a real etcd

Usage: node scripts/check-cluster.mjs [--bin FOLDER]

  --bin FOLDER  where kube-apiserver and etcd are, or are put when they are not (default: scripts/.bin); they are built from their
                Go modules, which takes a quarter of an hour and 4 GB the first time
  -h, --help    print this and exit

Needs Go, kubectl, and nothing of a cluster. There are no controllers and no kubelet: what is accepted is not started. Both servers listen on
loopback only and end with it.
`;

/** Milliseconds for the API server to be ready. */
const READY_WITHIN = 120_000;
const FOLDERS = ['k8s', ...readdirSync('k8s/overlays').map(name => join('k8s/overlays', name))];

/** Starts a server whose output goes to a file. */
function start(command, args, log) {
  const output = openSync(log, 'w');
  const child = spawn(command, args, { stdio: ['ignore', output, output] });
  process.on('exit', () => child.kill('SIGKILL'));
  return child;
}

async function ready(child, look, log) {
  for (const end = Date.now() + READY_WITHIN; !(await look());) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(readFileSync(log, 'utf8').slice(-2_000));
    await delay(200);
  }
}

/** @returns what calls kubectl against them, and ends them */
async function startCluster({ etcd, apiServer }, folder) {
  const [client, peer, secure] = await freePorts(3);
  const file = name => join(folder, name);
  const url = `http://127.0.0.1:${client}`;
  const listens = [
    '--listen-client-urls',
    url,
    '--advertise-client-urls',
    url,
    '--listen-peer-urls',
    `http://127.0.0.1:${peer}`,
  ];
  const store = start(etcd, ['--data-dir', file('etcd'), ...listens], file('etcd.log'));
  await ready(
    store,
    () =>
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    file('etcd.log'),
  );

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(file('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const token = randomUUID();
  writeFileSync(file('tokens.csv'), `${token},operator,operator,system:masters\n`, { mode: 0o600 });
  const server = start(
    apiServer,
    [
      `--etcd-servers=${url}`,
      ...[
        '--bind-address=127.0.0.1',
        `--secure-port=${secure}`,
        `--cert-dir=${file('certs')}`,
        '--service-cluster-ip-range=10.96.0.0/16',
      ],
      ...['--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${file('key.pem')}`],
      ...[`--service-account-signing-key-file=${file('key.pem')}`, `--token-auth-file=${file('tokens.csv')}`],
    ],
    file('apiserver.log'),
  );
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${secure}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(file('kubeconfig'), stringify(config), { mode: 0o600 });
  const env = { ...process.env, KUBECONFIG: file('kubeconfig') };
  const kubectl = (args, input) => must('kubectl', args, { env, input });
  const isReady = () => {
    try {
      return kubectl(['get', '--raw', '/readyz']) === 'ok';
    } catch {
      return false;
    }
  };
  await ready(server, isReady, file('apiserver.log'));
  return {
    kubectl,
    async end() {
      for (const child of [server, store]) {
        child.kill();
        await once(child, 'exit');
      }
    },
  };
}

/** @param why as the API server gives it. @throws where it takes the manifest, or refuses it for another reason */
function mustRefuse(kubectl, manifest, why) {
  try {
    kubectl(['apply', '--validate=strict', '-f', '-'], manifest);
  } catch (error) {
    const [said] = why.exec(error.message) ?? [];
    if (said !== undefined) return said;
    throw error;
  }
  throw new Error('it was taken');
}

async function check({ kubectl }) {
  for (const folder of FOLDERS) {
    await step(`kubectl apply -k ${folder}`, () => {
      const lines = kubectl(['apply', '--validate=strict', '-k', folder]).split('\n');
      const odd = lines.filter(line => !/ (created|configured|unchanged)$/.test(line));
      if (odd.length > 0) throw new Error(odd.join('\n'));
      return `${lines.length} objects`;
    });
  }
  const rendered = must('kubectl', ['kustomize', 'k8s']);
  await step('a misspelt field is refused', () =>
    mustRefuse(
      kubectl,
      rendered.replace('terminationGracePeriodSeconds:', 'terminationGracePeriodSecond:'),
      /unknown field ".*"/,
    ),
  );
  const deployment = parseAllDocuments(rendered)
    .map(document => document.toJS())
    .find(({ kind }) => kind === 'Deployment');
  const { metadata, spec } = deployment.spec.template;
  const pod = change =>
    stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: 'try', namespace: 'viable' },
      spec: { ...spec, ...change },
    });
  await step('its pod is allowed by the pod security standard "restricted"', () => {
    const said = kubectl(['create', '--validate=strict', '-f', '-'], pod({}));
    kubectl(['delete', '-n', 'viable', 'pod', 'try', '--force', '--grace-period=0']);
    return said;
  });
  await step('as root it would not be', () =>
    mustRefuse(
      kubectl,
      pod({ securityContext: { ...spec.securityContext, runAsUser: 0, runAsNonRoot: false } }),
      /violates PodSecurity .*/,
    ),
  );
}

async function main() {
  const { values } = parseArgs({
    options: { bin: { type: 'string', default: 'scripts/.bin' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  const bin = resolve(values.bin);
  mkdirSync(bin, { recursive: true });
  const servers = await buildCluster(bin);
  const cluster = await step(`kube-apiserver ${API_SERVER.version} on etcd`, async () =>
    startCluster(servers, scratch()),
  );
  try {
    await step('Gateway API and Prometheus Operator are known', () => {
      for (const { module, folder } of CRDS) {
        const crds = join(must('go', ['mod', 'download', '-json', module]).match(/"Dir": "(.*)"/)[1], folder);
        if (!existsSync(crds)) throw new Error(`${module} has no ${folder}`);
        cluster.kubectl(['apply', '--server-side', '-f', crds]);
      }
      cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    });
    await check(cluster);
  } finally {
    await cluster.end();
  }
  say(summary());
}

await main().then(
  () => process.exit(0),
  error => {
    process.stderr.write(`not ok: ${error.message}\n`);
    process.exit(1);
  },
);
