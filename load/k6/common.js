/** What both scripts say, expect and are told by their environment. */
import { check } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';

const { VUS = '10', DURATION = '10s', TOKEN } = __ENV;

const UNITS = { s: 1, m: 60, h: 3600 };

/** How long every VU keeps calling. */
export const MILLISECONDS = milliseconds(DURATION);

export const HEADERS = TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {};

const calls = new Counter('tool_calls');
const errors = new Rate('tool_call_errors');
const duration = new Trend('tool_call_duration', true);

/**
 * One iteration a VU, because an iteration is a session here: k6 has no hook in which a VU could end a session that
 * had lasted over several.
 */
export const options = {
  scenarios: {
    sessions: {
      executor: 'per-vu-iterations',
      vus: Number(VUS),
      iterations: 1,
      maxDuration: `${MILLISECONDS / 1000 + 30}s`,
    },
  },
  thresholds: {
    checks: ['rate==1'],
    tool_calls: ['count>0'],
    tool_call_errors: ['rate==0'],
    tool_call_duration: ['p(99)<100'],
  },
  summaryTrendStats: ['min', 'med', 'avg', 'p(95)', 'p(99)', 'max'],
};

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'initialize',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'k6', version: '1.0.0' } },
};

export const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** A call whose text is like no other's, so that another's answer shows. */
export function toolsCall(id) {
  const message = `call ${id} of VU ${__VU}`;
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'echo', arguments: { message } } };
}

/** @param answer parsed, undefined if there was none */
export function count(call, answer, ms) {
  const text = answer?.result?.content?.[0]?.text ?? '';
  // Other servers' echo tools put a word before the message.
  const right = answer?.id === call.id && text.endsWith(call.params.arguments.message);
  calls.add(1);
  errors.add(!right);
  duration.add(ms);
}

/** @returns whether the session may be used */
export function begun(answer) {
  return check(answer, { initialized: it => it?.result?.protocolVersion !== undefined });
}

function milliseconds(text) {
  const [, number, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`DURATION: a number and s, m or h, not ${text}`);
  return Number(number) * UNITS[unit] * 1000;
}
