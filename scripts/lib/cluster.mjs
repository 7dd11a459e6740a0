/** kube-apiserver and etcd from their Go modules, and where the schemas of custom resources are. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, scratch } from './command.mjs';
import { step } from './steps.mjs';

export const API_SERVER = { module: 'k8s.io/kubernetes', version: 'v1.36.3' };
const ETCD = { module: 'go.etcd.io/etcd/server/v3', version: 'v3.6.7' };

export const CRDS = [
  { module: 'sigs.k8s.io/gateway-api@v1.6.3', folder: 'config/crd/standard' },
  { module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0', folder: 'example/prometheus-operator-crd' },
];

const source = ({ module, version }) =>
  must('go', ['mod', 'download', '-json', `${module}@${version}`]).match(/"Dir": "(.*)"/)[1];

/** @returns paths: `{ etcd, apiServer }` */
export async function buildCluster(bin) {
  const etcd = join(bin, 'etcd');
  const apiServer = join(bin, 'kube-apiserver');
  if (!existsSync(etcd)) await step(`etcd ${ETCD.version} is built`, () => build(ETCD, etcd, '.', identity));
  if (!existsSync(apiServer))
    await step(`kube-apiserver ${API_SERVER.version} is built`, () =>
      build(API_SERVER, apiServer, './cmd/kube-apiserver', published),
    );
  return { etcd, apiServer };
}

/** A module that is a part of another repository replaces others by folders that are not in it. */
function build(which, to, main, mend) {
  const folder = scratch();
  must('cp', ['-r', `${source(which)}/.`, folder]);
  must('chmod', ['-R', 'u+w', folder]);
  must('rm', ['-f', join(folder, 'go.work'), join(folder, 'go.work.sum')]);
  const file = join(folder, 'go.mod');
  writeFileSync(file, withoutReplacements(mend(readFileSync(file, 'utf8'), which)));
  must('go', ['build', '-mod=mod', '-o', to, main], { cwd: folder, env: { ...process.env, CGO_ENABLED: '0' } });
}

const identity = text => text;
const withoutReplacements = text => text.replace(/^replace \([\s\S]*?^\)\n/gm, '').replace(/^replace .*\n/gm, '');

/** v1.36.3 of Kubernetes is made of v0.36.3 of its parts. */
const published = (text, { version }) =>
  text.replace(/^(\s+k8s\.io\/[a-z-]+) v0\.0\.0(?=\s|$)/gm, `$1 ${version.replace('v1.', 'v0.')}`);
