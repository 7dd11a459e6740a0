import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../src/config/load.js';
import type { GatewayConfig } from '../../src/config/schema.js';
import { describeWith } from '../support/requirement.js';
import { faults, kustomizeMissing, Manifest, rendered } from '../support/manifests.js';

const OVERLAYS = readdirSync('k8s/overlays').map(name => join('k8s/overlays', name));
const RULE = 'k8s/components/monitoring/prometheus-rule.yaml';

const configOf = (text: string, env: Record<string, string>): GatewayConfig =>
  parseConfig(parse(text), env, '/app').config;

describeWith(kustomizeMissing, 'what kubectl apply -k brings into a cluster', () => {
  const of = (folder: string): Manifest[] => rendered(folder);
  const one = (kind: string, folder = 'k8s'): Manifest => {
    const found = of(folder).filter(manifest => manifest.kind === kind);
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  const pod = (): any => one('Deployment').spec.template.spec;
  const container = (): any => pod().containers[0];

  it.each(['k8s', ...OVERLAYS])('is as the schema of Kubernetes has it: %s', folder => {
    expect(faults(of(folder))).toEqual([]);
  });

  it.each([
    ['a misspelt member', (spec: any) => (spec.terminationGracePeriodSecond = 45), 'terminationGracePeriodSecond'],
    ['one deep inside', (spec: any) => (spec.containers[0].lifecycle.preStop.sleeep = { seconds: 1 }), 'sleeep'],
    ['a wrong type', (spec: any) => (spec.containers[0].ports[0].containerPort = '4000'), 'number'],
    ['a missing member', (spec: any) => delete spec.containers[0].name, 'name'],
  ])('would not be taken with %s', (_, spoil, said) => {
    const deployment = one('Deployment');
    spoil(deployment.spec.template.spec);
    const found = faults([deployment]);
    expect(found).not.toEqual([]);
    expect(found.join('\n')).toContain(said);
  });

  it.each([
    ['k8s/overlays/monitoring', 'ServiceMonitor'],
    ['k8s/overlays/monitoring', 'PrometheusRule'],
    ['k8s/overlays/gateway-api', 'HTTPRoute'],
  ])('would not be taken with a misspelt member: %s, %s', (folder, kind) => {
    const manifest = one(kind, folder);
    manifest.spec.endpoint = [];
    expect(faults([manifest]).join('\n')).toContain('endpoint');
  });

  it('leaves the number of pods to the autoscaler, which keeps three', () => {
    expect(parse(readFileSync('k8s/base/deployment.yaml', 'utf8')).spec.replicas).toBe(3);
    expect(one('Deployment').spec).not.toHaveProperty('replicas');
    expect(one('HorizontalPodAutoscaler').spec).toMatchObject({ minReplicas: 3, maxReplicas: 20 });
  });

  it.each(['k8s', 'k8s/overlays/production'])('mounts the configuration that is there: %s', folder => {
    const { name } = one('ConfigMap', folder).metadata;
    const { volumes } = one('Deployment', folder).spec.template.spec;
    expect(volumes.find((volume: any) => volume.name === 'config').configMap.name).toBe(name);
    expect(name).toMatch(/^viable-./);
  });

  it.each([
    ['k8s', 'everything'],
    ['k8s/overlays/production', 'weather'],
  ])('starts the gateway: the configuration is in order with what the pod sets: %s', (folder, unit) => {
    const [[, text]] = Object.entries(one('ConfigMap', folder).data) as [[string, string]];
    const env = Object.fromEntries(container().env.map(({ name, value }: any) => [name, value]));
    const { stringData } = one('Secret', 'k8s');
    const config = configOf(text, { ...env, ...stringData });
    expect(config).toMatchObject({ host: '0.0.0.0', auth: { token: stringData.MCP_AUTH_TOKEN } });
    expect(config.units.map(({ name }) => name)).toEqual([unit]);
    const ports = Object.fromEntries(container().ports.map(({ name, containerPort }: any) => [name, containerPort]));
    expect(ports).toEqual({
      management: config.management.port,
      sse: config.sse.port,
      websocket: config.websocket.port,
    });
  });

  it('gives a pod the time to drain', () => {
    const config = configOf(Object.values(one('ConfigMap').data)[0] as string, {});
    const { terminationGracePeriodSeconds: grace } = pod();
    const { seconds } = container().lifecycle.preStop.sleep;
    // After the drain streams, sockets and children end; children have five seconds.
    expect(grace * 1_000).toBeGreaterThanOrEqual(seconds * 1_000 + config.drain_timeout + 10_000);
    // What proxies need to hear that the pod is not there any more.
    expect(seconds).toBeGreaterThanOrEqual(5);
  });

  it('leads clients to the doors and nobody to the management', () => {
    const services = of('k8s').filter(({ kind }) => kind === 'Service');
    const ports = (name: string): any[] => services.find(({ metadata }) => metadata.name === name)!.spec.ports;
    const named = new Map(ports('viable').map(({ name, port }) => [name, port]));
    const ingress = one('Ingress').spec.rules.flatMap(({ http }: any) =>
      http.paths.map(({ path, backend: { service } }: any) => [path, service.name, named.get(service.port.name)]),
    );
    const route = one('HTTPRoute', 'k8s/overlays/gateway-api').spec.rules.flatMap(({ matches, backendRefs }: any) =>
      matches.map(({ path }: any) => [path.value, backendRefs[0].name, backendRefs[0].port]),
    );
    const doors = [
      ['/mcp', 'viable', 4001],
      ['/mcp/messages', 'viable', 4001],
      ['/mcp/sse', 'viable', 4001],
      ['/mcp/ws', 'viable', 4002],
    ];
    expect(ingress.sort()).toEqual(doors);
    expect(route.sort()).toEqual(doors);
    expect(ports('viable-management').map(({ port }) => port)).toEqual([4000]);
    // Its name is the addresses of all pods.
    expect(services.find(({ metadata }) => metadata.name === 'viable-pods')!.spec.clusterIP).toBe('None');
  });

  it('selects the pods, everywhere the same', () => {
    const { labels } = one('Deployment').spec.template.metadata;
    const selectors = of('k8s/overlays/monitoring').flatMap(({ kind, spec }) => {
      if (kind === 'Service') return [spec.selector];
      if (kind === 'PodDisruptionBudget' || kind === 'Deployment') return [spec.selector.matchLabels];
      if (kind === 'NetworkPolicy') return [spec.podSelector.matchLabels];
      return [];
    });
    expect(selectors).toHaveLength(6);
    for (const selector of selectors) {
      expect(Object.keys(selector)).not.toHaveLength(0);
      expect(labels).toMatchObject(selector);
    }
  });

  it('brings all of what monitoring/ has', () => {
    const all = of('k8s/overlays/monitoring');
    const found = all
      .filter(({ metadata }) => metadata.labels?.grafana_dashboard === '1')
      .flatMap(m => Object.keys(m.data));
    expect(found.sort()).toEqual(readdirSync('monitoring/grafana').sort());
    const { groups } = parse(readFileSync('monitoring/alerts.yaml', 'utf8'));
    if (process.env.UPDATE_DOCS) write(groups);
    expect(one('PrometheusRule', 'k8s/overlays/monitoring').spec.groups).toEqual(groups);
  });

  it('finds its tokens, and no overlay does', () => {
    const wanted = (folder: string): string =>
      one('Deployment', folder).spec.template.spec.containers[0].envFrom[0].secretRef.name;
    const { name } = one('Secret', 'k8s').metadata;
    expect(wanted('k8s')).toBe(name);
    for (const folder of OVERLAYS) expect([folder, wanted(folder)]).not.toEqual([folder, name]);
  });

  it.each(OVERLAYS)('has nothing of the test cluster: %s', folder => {
    const all = of(folder);
    expect(all.map(({ kind }) => kind)).not.toContain('Secret');
    expect(JSON.stringify(all)).not.toMatch(/for-a-test|server-everything/);
    expect(one('Deployment', folder).spec.template.spec.containers[0].image).toMatch(/^[^:]+\/[^:]+:\d/);
  });

  it('asks for tokens behind TLS only', () => {
    const { metadata, spec } = one('Ingress', 'k8s/overlays/production');
    expect(spec.tls[0].hosts).toEqual([spec.rules[0].host]);
    expect(metadata.annotations?.['haproxy.org/ssl-redirect']).toBe('true');
    const { listeners } = one('Gateway', 'k8s/overlays/gateway-api').spec;
    expect(listeners.map(({ protocol, tls }: any) => [protocol, tls.certificateRefs[0].name])).toEqual([
      ['HTTPS', spec.tls[0].secretName],
    ]);
  });
});

function write(groups: object[]): void {
  const [comment] = /^(#.*\n)+/.exec(readFileSync(RULE, 'utf8'))!;
  const manifest = parse(readFileSync(RULE, 'utf8'));
  manifest.spec.groups = groups;
  writeFileSync(RULE, `${comment}${stringify(manifest, { lineWidth: 0 })}`);
}
