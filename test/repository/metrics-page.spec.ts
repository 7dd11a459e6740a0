import { readFileSync, writeFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { EventCounts } from '../../src/management/metrics/event-counts.js';
import { GatewayMetrics, MetricSources } from '../../src/management/gateway-metrics.js';

const FILE = 'docs/METRICS.md';
const [BEGIN, END] = ['<!-- metrics -->', '<!-- /metrics -->'];

/** What is read of them stands in no row: nobody scrapes here. */
function metrics(): GatewayMetrics {
  const nobody = { on: () => () => undefined };
  const events = new EventCounts(nobody as never);
  return new GatewayMetrics(new Registry(), {
    version: '0',
    counters: {},
    events,
    reports: {},
  } as unknown as MetricSources);
}

function table(): string {
  const { families, durations } = metrics();
  const all = [...families, ...durations];
  const rows = all
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${help} |`,
    );
  return ['| metric | type | labels | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** As prettier leaves it or as it was written: columns may be padded. */
const bare = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

describe(FILE, () => {
  it('says what the gateway tells Prometheus', () => {
    const page = readFileSync(FILE, 'utf8');
    const [before, rest = ''] = page.split(BEGIN);
    const [inside, after = ''] = rest.split(END);
    if (process.env.UPDATE_DOCS) writeFileSync(FILE, `${before}${BEGIN}\n\n${table()}\n\n${END}${after}`);
    else expect(bare(inside!)).toBe(bare(table()));
  });

  it('lists names as Prometheus wants them, each once', () => {
    const { families } = metrics();
    const names = families.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type, labels } of families) {
      expect(name).toMatch(/^gateway_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
      expect(labels).not.toContain('client');
    }
  });
});
