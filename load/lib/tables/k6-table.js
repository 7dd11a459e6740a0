/** What k6 has measured, as a table. */
import { decimal, whole } from './markdown.js';

const value = (metrics, name, member) => metrics[name]?.[member];
const number = (found, form = whole) => (found === undefined ? '' : form(found));

/** Everybody is there before the first message, and stays until after the last: each is for all of its topic. */
function missing({ env, metrics }) {
  const published = value(metrics, 'messages_published', 'count') ?? 0;
  return (published * (env.CLIENTS ?? 0)) / (env.TOPICS ?? 1) - (value(metrics, 'messages_received', 'count') ?? 0);
}

export const isGreen = result => result.code === 0 && missing(result) === 0;

export function row(result) {
  const { name, env, memory, metrics } = result;
  const duration = metrics.message_latency ?? metrics.tool_call_duration ?? {};
  const count = value(metrics, 'messages_received', 'count') ?? value(metrics, 'tool_calls', 'count');
  const rate = value(metrics, 'messages_received', 'rate') ?? value(metrics, 'tool_calls', 'rate');
  const refused = metrics.clients_joined && metrics.clients_joined.fails;
  const wrong =
    (refused ?? 0) +
    (value(metrics, 'connections_lost', 'count') ?? 0) +
    Math.abs(missing(result)) +
    (metrics.tool_call_errors?.passes ?? 0);
  return [
    name,
    whole(env.CLIENTS ?? env.VUS),
    number(count),
    number(rate),
    ...['med', 'p(99)', 'max'].map(member => number(duration[member], ms => decimal(ms, 1))),
    whole(wrong),
    decimal(memory / 2 ** 20, 0),
    isGreen(result) ? 'green' : 'crossed',
  ];
}

export const HEADING = [
  'run',
  'clients',
  'messages or calls',
  'a second',
  'p50 ms',
  'p99 ms',
  'most ms',
  'refused, lost, missing or wrong',
  'RSS MiB',
  'thresholds',
];
