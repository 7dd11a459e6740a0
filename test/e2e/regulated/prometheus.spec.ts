import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { NativeClient } from '../../support/channel-clients.js';
import { RunningGateway, startGateway } from '../../support/gateway.js';
import { Prometheus, prometheusMissing, promtool } from '../../support/prometheus.js';
import { RawSession } from '../../support/raw-http.js';
import { describeWith } from '../../support/requirement.js';
import { until } from '../../support/until.js';

const ALERTS = 'monitoring/alerts.yaml';
const FOLDER = 'monitoring/grafana';

interface Dashboard {
  title: string;
  panels: { title: string; targets: { expr: string }[] }[];
}
const dashboards = readdirSync(FOLDER).map(file => JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Dashboard);
const queries = dashboards.flatMap(({ title, panels }) =>
  panels.flatMap(panel => panel.targets.map(({ expr }): [string, string, string] => [title, panel.title, expr])),
);

describe('the dashboards', () => {
  it('are as they are declared', () => {
    const script = "import { DASHBOARDS, dashboard } from './monitoring/dashboards.mjs';";
    const print = 'console.log(JSON.stringify(DASHBOARDS.map(dashboard)));';
    const made = execFileSync(process.execPath, ['--input-type=module', '-e', script + print], { encoding: 'utf8' });
    const byTitle = (a: Dashboard, b: Dashboard): number => (a.title < b.title ? -1 : 1);
    expect([...dashboards].sort(byTitle)).toEqual((JSON.parse(made) as Dashboard[]).sort(byTitle));
  });
});

describeWith(prometheusMissing, 'Prometheus', () => {
  let gateway: RunningGateway;
  let prometheus: Prometheus;
  let client: NativeClient;
  let load: Promise<void>;
  let loaded = true;

  beforeAll(async () => {
    const regulation = { interval: 100, report_interval: 500 };
    gateway = await startGateway({ units: [{ name: 'echo', kind: 'echo' }], regulation });
    prometheus = await Prometheus.start(gateway.managementUrl);
    client = await NativeClient.join(gateway.wsUrl, { client_id: 'watched' });
    load = (async () => {
      while (loaded) {
        const session = new RawSession(gateway.mcpUrl);
        await session.initialize();
        await (await session.request('tools/call', { name: 'echo', arguments: { message: 'x' } })).text();
        await (await session.post('{')).text();
        await session.delete();
      }
    })();
  });
  afterAll(async () => {
    loaded = false;
    await load;
    client.cut();
    await prometheus.stop();
    await gateway.stop();
  });

  it('finds nothing to complain of in the metrics', async () => {
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    expect(promtool(['check', 'metrics'], text)).toBe('');
    expect(text).not.toContain('nodejs_active_');
    expect(Number(/^process_open_fds (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(10);
  });

  it.each(queries)('gets data for %s, %s: %s', async (_, __, query) => {
    await until(async () => (await prometheus.query(query)).length > 0, query);
  });

  it('takes the rules, and each alert fires and resolves', () => {
    expect(promtool(['check', 'rules', ALERTS])).toContain('SUCCESS');
    expect(promtool(['test', 'rules', 'monitoring/alerts.test.yaml'])).toContain('SUCCESS');
  });

  it('has a page for each alert, and a test', () => {
    const rules = readFileSync(ALERTS, 'utf8');
    const tests = readFileSync('monitoring/alerts.test.yaml', 'utf8');
    const pages = [...rules.matchAll(/runbook: (\S+)/g)].map(([, page]) => page!);
    const names = [...rules.matchAll(/alert: (\S+)/g)].map(([, name]) => name!);
    expect(names.length).toBe(pages.length);
    names.forEach((name, i) => {
      expect(readFileSync(pages[i]!, 'utf8')).toMatch(new RegExp(`^# ${name}\n`));
      expect(tests).toContain(`alertname: ${name}`);
    });
  });
});
