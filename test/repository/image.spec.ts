import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/load.js';
import { promtool, prometheusMissing } from '../support/prometheus.js';
import { describeWith } from '../support/requirement.js';
import { isIgnored } from '../../scripts/lib/context.mjs';
import { stagesOf } from '../../scripts/lib/dockerfile.mjs';

/** What can be seen without building it; scripts/check-image.mjs builds it. */
describe('the Dockerfile', () => {
  const stages = stagesOf('Dockerfile');
  const last = stages.at(-1)!.steps;

  it('copies only what is there and what .dockerignore lets through', () => {
    const copied = stages.flatMap(({ steps }) => steps.flatMap(({ copy, from }) => (from ? [] : (copy ?? []))));
    expect(copied).toContain('src');
    for (const path of copied)
      expect({ path, there: existsSync(path), ignored: isIgnored(path) }).toEqual({
        path,
        there: true,
        ignored: false,
      });
    for (const path of ['.git', 'node_modules', 'test/repository', 'src/main.spec.ts'])
      expect(isIgnored(path)).toBe(true);
  });

  it('ends as somebody without rights, with a health check, on the ports of the gateway', () => {
    expect(last.find(({ user }) => user)?.user).toBe('1000:1000');
    expect(last.find(({ health }) => health)?.health?.[0]).toBe('node');
    const { management, sse, websocket } = parseConfig({ units: [{ name: 'echo', kind: 'echo' }] }, {}, '/').config;
    expect(last.find(({ ports }) => ports)?.ports).toEqual([management.port, sse.port, websocket.port]);
  });

  it('has the same Node in all stages, and one that package.json allows', () => {
    const images = new Set(stages.map(({ image }) => image));
    expect(images.size).toBe(1);
    const [, major] = /^node:(\d+)-/.exec([...images][0]!)!;
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [, least] = /^>=(\d+)\./.exec(engines.node)!;
    expect(Number(major)).toBeGreaterThanOrEqual(Number(least));
  });
});

describe('compose.yaml', () => {
  const { services } = parse(readFileSync('compose.yaml', 'utf8'));

  it('mounts what is there', () => {
    const mounts = Object.values<any>(services).flatMap(({ volumes = [] }) => volumes as string[]);
    expect(mounts.length).toBeGreaterThan(4);
    for (const mount of mounts) expect(existsSync(mount.split(':')[0]!)).toBe(true);
  });

  it('has a configuration for the gateway that is in order', () => {
    const text = readFileSync('monitoring/gateway.yaml', 'utf8');
    const env = { MCP_HOST: '0.0.0.0', MCP_AUTH_TOKEN: 't', MCP_ADMIN_TOKEN: 'a-token-of-operators' };
    const [unit] = parseConfig(parse(text), env, '/').config.units as any[];
    const { hostname, port } = new URL(unit.urls[0].url);
    expect(services[hostname].environment.PORT).toBe(port);
    expect(parseConfig(parse(text), env, '/').config.drain_timeout / 1_000).toBeLessThan(
      parseInt(services.gateway.stop_grace_period),
    );
  });

  it('provisions the source and the folder that dashboards are looked for in', () => {
    const [provider] = parse(readFileSync('monitoring/provisioning/dashboards/viable.yaml', 'utf8')).providers;
    const { volumes } = services.grafana;
    expect(volumes).toContain(`./monitoring/grafana:${provider.options.path}:ro`);
    const [source] = parse(readFileSync('monitoring/provisioning/datasources/prometheus.yaml', 'utf8')).datasources;
    expect(Object.keys(services)).toContain(new URL(source.url).hostname);
  });

  describeWith(prometheusMissing, 'with Prometheus', () => {
    it('scrapes by a configuration that promtool takes', () => {
      expect(promtool(['check', 'config', join('monitoring', 'prometheus.yaml')])).toContain('SUCCESS');
      const { scrape_configs } = parse(readFileSync('monitoring/prometheus.yaml', 'utf8'));
      expect(scrape_configs[0].static_configs[0].targets).toEqual(['gateway:4000']);
    });
  });
});
