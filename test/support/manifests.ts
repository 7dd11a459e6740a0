import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [member: string]: any;
}

/** Whichever is there, and new enough. */
const COMMAND = [
  ['kubectl', 'kustomize'],
  ['kustomize', 'build'],
].find(([command, verb]) => spawnSync(command!, [verb!, 'k8s/base']).status === 0);
export const kustomizeMissing = COMMAND === undefined ? 'needs kubectl 1.27 or newer, or kustomize 5' : undefined;

const done = new Map<string, string>();

/** What a folder becomes: `kubectl kustomize`. */
export function rendered(folder: string): Manifest[] {
  const text = done.get(folder) ?? render(folder);
  done.set(folder, text);
  return parseAllDocuments(text).map(document => document.toJS() as Manifest);
}

function render(folder: string): string {
  const [command, verb] = COMMAND!;
  const { status, stdout, stderr } = spawnSync(command!, [verb!, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Groups of custom resources, and the packages that have their schemas. */
const PACKAGES: Record<string, string> = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

function moduleOf({ apiVersion, kind }: Manifest): string {
  const [group] = apiVersion.split('/');
  return `${PACKAGES[group!] ?? 'kubernetes-models'}/${apiVersion}/${kind}`;
}

/**
 * What is wrong with manifests, by Kubernetes' OpenAPI schema: unknown members and wrong types by the TypeScript types that are
 * made from it, which allow no member that the schema does not have; what is required, and formats, by its validators.
 */
export function faults(manifests: readonly Manifest[]): string[] {
  return [...misspelt(manifests), ...manifests.flatMap(invalid)];
}

const require = createRequire(resolve('package.json'));

function invalid(manifest: Manifest): string[] {
  const { [manifest.kind]: Model } = require(moduleOf(manifest)) as Record<string, new (of: object) => Validated>;
  try {
    new Model!(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
  }
}

interface Validated {
  /** @throws Error that says which member is not as the schema has it */
  validate(): void;
}

function misspelt(manifests: readonly Manifest[]): string[] {
  const source = manifests.map((manifest, i) => {
    const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
    return `export const _${i}: ${type} = ${JSON.stringify(manifest, null, 1)};`;
  });
  return diagnosed(source.join('\n'));
}

const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

/** Checks a text as if it were a file of this repository. */
function diagnosed(text: string): string[] {
  const name = resolve('manifests.generated.ts');
  const host = ts.createCompilerHost(OPTIONS);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...more) =>
    file === name ? ts.createSourceFile(name, text, more[0]) : read(file, ...more);
  const program = ts.createProgram([name], OPTIONS, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(name))
    .map(({ messageText, start }) => `${lineOf(text, start)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

const lineOf = (text: string, at = 0): string => text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at));
