#!/usr/bin/env node
/** The Grafana dashboards, from the lines below: `node monitoring/dashboards.mjs` writes `monitoring/grafana/*.json`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BY_TRANSPORT = quantile =>
  `histogram_quantile(${quantile}, sum by (transport, le) (rate(gateway_transport_call_duration_seconds_bucket[5m])))`;
const P99 = quantile => `histogram_quantile(${quantile}, sum by (le) (rate(gateway_call_duration_seconds_bucket[5m])))`;

/** Each panel: title, unit of Grafana's, and queries as `[expression, legend]`. */
export const DASHBOARDS = [
  {
    uid: 'viable-overview',
    title: 'Viable: overview',
    panels: [
      ['Mode', 'short', [['gateway_mode == 1', '{{mode}}']], 'stat'],
      ['Pains that have not ended', 'short', [['gateway_pain_open', '{{severity}}']], 'stat'],
      [
        'Clients',
        'short',
        [
          ['sum(gateway_connections)', 'connections'],
          ['sum(gateway_sessions)', 'sessions'],
        ],
      ],
      ['Messages', 'ops', [['sum by (direction) (rate(gateway_messages_total[1m]))', '{{direction}}']]],
      [
        'Calls',
        's',
        [
          [P99(0.5), 'p50'],
          [P99(0.9), 'p90'],
          [P99(0.99), 'p99'],
        ],
      ],
      ['Errors answered to clients', 'ops', [['sum by (code) (rate(gateway_errors_total[1m]))', '{{code}}']]],
      [
        'Heap',
        'percentunit',
        [['nodejs_heap_size_used_bytes / on (instance) gateway_heap_limit_bytes', '{{instance}}']],
      ],
      [
        'CPU, of one core',
        'percentunit',
        // Every process that is scraped has this series.
        [['rate(process_cpu_seconds_total[1m]) and on (job, instance) gateway_heap_limit_bytes', '{{instance}}']],
      ],
    ],
  },
  {
    uid: 'viable-transports',
    title: 'Viable: transports',
    panels: [
      ['Connections', 'short', [['sum by (transport) (gateway_connections)', '{{transport}}']]],
      ['Sessions', 'short', [['sum by (transport) (gateway_sessions)', '{{transport}}']]],
      [
        'Messages in',
        'ops',
        [['sum by (transport) (rate(gateway_messages_total{direction="in"}[1m]))', '{{transport}}']],
      ],
      [
        'Messages out',
        'ops',
        [['sum by (transport) (rate(gateway_messages_total{direction="out"}[1m]))', '{{transport}}']],
      ],
      ...[0.5, 0.9, 0.99].map(quantile => [
        `p${quantile * 100} of calls`,
        's',
        [[BY_TRANSPORT(quantile), '{{transport}}']],
      ]),
      ['Errors answered', 'ops', [['sum by (transport) (rate(gateway_transport_errors_total[1m]))', '{{transport}}']]],
      ['Wishes to switch', 'short', [['increase(gateway_switches_total[1m])', '{{outcome}}']]],
      [
        'Connections that broke',
        'short',
        [['increase(gateway_events_total{event="connection_broken"}[1m])', 'a minute']],
      ],
    ],
  },
  {
    uid: 'viable-units',
    title: 'Viable: units, pools and circuits',
    panels: [
      ['Answered', 'ops', [['rate(gateway_instance_answered_total[1m])', '{{backend}}']]],
      ['Failed', 'ops', [['rate(gateway_instance_failed_total[1m])', '{{backend}}']]],
      [
        'p99 of calls',
        's',
        [['histogram_quantile(0.99, sum by (unit, le) (rate(gateway_call_duration_seconds_bucket[5m])))', '{{unit}}']],
      ],
      ['Circuits that are not closed', 'short', [['gateway_circuit_state{state!="closed"}', '{{backend}} {{state}}']]],
      ['Instances that are out', 'short', [['gateway_instance_out', '{{backend}}']]],
      ['Leases in use', 'percentunit', [['gateway_pool_in_use / gateway_pool_limit', '{{backend}}']]],
      ['Sessions waiting for a lease', 'short', [['gateway_pool_waiting', '{{backend}}']]],
      [
        'Time until a lease is had',
        's',
        [
          [
            'rate(gateway_pool_checkout_seconds_total[1m]) / (rate(gateway_pool_checkouts_total[1m]) > 0)',
            '{{backend}}',
          ],
        ],
      ],
      ['Calls waiting for their turn', 'short', [['gateway_unit_waiting', '{{unit}}']]],
    ],
  },
  {
    uid: 'viable-delivery',
    title: 'Viable: delivery',
    panels: [
      [
        'Outboxes',
        'short',
        [
          ['gateway_outbox_queued', 'waiting'],
          ['gateway_outbox_in_window', 'sent, not acknowledged'],
        ],
      ],
      [
        'Bytes',
        'bytes',
        [
          ['gateway_outbox_bytes', 'outboxes'],
          ['gateway_buffered_bytes', 'all buffers'],
        ],
      ],
      ['Lag of the client most behind', 's', [['gateway_outbox_lag_seconds', 'lag']]],
      ['Connections that went on from a position', 'short', [['increase(gateway_replays_total[1m])', '{{transport}}']]],
      ['Messages sent again to them', 'short', [['increase(gateway_replayed_messages_total[1m])', '{{transport}}']]],
      ['Gaps told to clients', 'short', [['increase(gateway_gaps_total[1m])', '{{transport}}']]],
    ],
  },
  {
    uid: 'viable-systems',
    title: 'Viable: the systems',
    panels: [
      ['Variety: kinds of messages', 'short', [['gateway_variety_kinds', '{{unit}}']]],
      ['Variety: entropy', 'short', [['gateway_variety_entropy', '{{unit}}']]],
      ['Variety absorbed', 'ops', [['sum by (unit) (rate(gateway_instance_answered_total[1m]))', '{{unit}}']]],
      ['Variety shed', 'ops', [['rate(gateway_variety_shed_total[1m])', '{{unit}}']]],
      ['Pain and pleasure', 'short', [['increase(gateway_events_total{event=~"pain|pleasure"}[1m])', '{{event}}']]],
      ['Levers set', 'short', [['gateway_levers', '{{lever}}']]],
      [
        'Decisions',
        'short',
        [['increase(gateway_events_total{event=~"decision|lever_moved|mode_changed"}[1m])', '{{event}}']],
      ],
      [
        'Expected in a minute',
        'short',
        [
          ['gateway_forecast_connections', 'connections'],
          ['gateway_forecast_messages_per_second', 'messages a second'],
        ],
      ],
      [
        'Patterns and anomalies',
        'short',
        [
          ['gateway_usage_patterns', '{{pattern}}'],
          ['gateway_anomalies', '{{metric}}'],
        ],
      ],
    ],
  },
];

const [COLUMNS, WIDTH, HEIGHT] = [2, 12, 8];

function panel([title, unit, queries, type = 'timeseries'], i) {
  return {
    id: i + 1,
    title,
    type,
    datasource: { type: 'prometheus', uid: '${datasource}' },
    gridPos: { x: (i % COLUMNS) * WIDTH, y: Math.floor(i / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(([expr, legendFormat], n) => ({ refId: String.fromCharCode(65 + n), expr, legendFormat })),
  };
}

/** As Grafana imports it. */
export function dashboard({ uid, title, panels }) {
  const datasource = { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' };
  return {
    uid,
    title,
    tags: ['viable'],
    schemaVersion: 39,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [datasource] },
    panels: panels.map(panel),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL('grafana/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const one of DASHBOARDS) {
    writeFileSync(new URL(`${one.uid}.json`, folder), `${JSON.stringify(dashboard(one), null, 2)}\n`);
  }
}
