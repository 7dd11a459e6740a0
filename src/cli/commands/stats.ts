import { view } from '../command.js';
import { bytes, count, duration, figure, latency, perSecond, several } from '../format.js';
import { page, Terminal } from '../terminal.js';

interface Door {
  connections: number;
  messages_per_second: number;
  avg_latency_ms: number | null;
  errors_per_minute: number;
}

const DOORS = ['websocket', 'http_sse', 'streamable_http'] as const;

type Doors = Partial<Record<(typeof DOORS)[number], Door>>;

interface Instance {
  unit: string;
  instance: string;
  inFlight: number;
  oldestMs: number;
  answered: number;
  busyMs: number;
  failed: number;
}

interface Unit {
  unit: string;
  inFlight: number;
  waiting: number;
  oldestWaitMs: number;
  shed: number;
  ownP99Ms: number;
}

interface Stats extends Doors {
  version: string;
  uptime_ms: number;
  mode: string;
  draining: boolean;
  connections: Record<string, number>;
  sessions: Record<string, number>;
  messages: { in: Record<string, number>; out: Record<string, number> };
  errors: Record<string, number>;
  load: { sessions: number; callsInFlight: number; relays: number };
  buffers: { bytes: number; limit: number };
  circuits: { instance: string; state: string; out: boolean }[];
  instances: Instance[];
  units: Unit[];
  delivery: { sessions: number; queued: number; inWindow: number; bytes: number };
  open_pains: number;
}

export const stats = view<Stats>({
  syntax: 'stats',
  about: 'The gateway on one page',
  path: () => '/mcp/stats',
  show: (stats, paper) =>
    page(
      overview(stats, paper),
      doors(stats, paper),
      units(stats, paper),
      instances(stats, paper),
      errors(stats, paper),
    ),
});

function overview(
  { mode, draining, version, uptime_ms, load, buffers, delivery, open_pains }: Stats,
  paper: Terminal,
): string {
  return paper.facts({
    gateway: `${mode === 'normal' ? paper.good(mode) : paper.odd(mode)}${draining ? ', draining' : ''}, version ${version}, up ${duration(uptime_ms)}`,
    load: `${several(load.sessions, 'session')}, ${several(load.callsInFlight, 'call')} in flight, ${several(load.relays, 'relay')}`,
    delivery: `${count(delivery.queued)} queued and ${count(delivery.inWindow)} in windows for ${several(delivery.sessions, 'client')}, ${bytes(delivery.bytes)}`,
    buffers: `${bytes(buffers.bytes)} of ${bytes(buffers.limit)}`,
    pains: open_pains === 0 ? 'none' : paper.bad(`${count(open_pains)} open: viable status`),
  });
}

function doors(stats: Stats, paper: Terminal): string {
  const rows = DOORS.map(name => ({ name, now: stats[name] }));
  return paper.table(rows, [
    { head: 'DOOR', of: ({ name }) => name },
    {
      head: 'CONNECTIONS',
      of: ({ name, now }) => count(now?.connections ?? stats.connections[name] ?? 0),
      right: true,
    },
    { head: 'SESSIONS', of: ({ name }) => count(stats.sessions[name] ?? 0), right: true },
    { head: 'IN', of: ({ name }) => count(stats.messages.in[name] ?? 0), right: true },
    { head: 'OUT', of: ({ name }) => count(stats.messages.out[name] ?? 0), right: true },
    { head: 'RATE', of: ({ now }) => perSecond(now?.messages_per_second), right: true },
    { head: 'LATENCY', of: ({ now }) => latency(now?.avg_latency_ms), right: true },
    { head: 'ERRORS/MIN', of: ({ now }) => figure(now?.errors_per_minute), right: true },
  ]);
}

function units({ units }: Stats, paper: Terminal): string {
  return paper.table(units, [
    { head: 'UNIT', of: ({ unit }) => unit, least: 16 },
    { head: 'IN FLIGHT', of: ({ inFlight }) => count(inFlight), right: true },
    { head: 'WAITING', of: ({ waiting }) => count(waiting), right: true },
    { head: 'LONGEST WAIT', of: ({ oldestWaitMs }) => latency(oldestWaitMs), right: true },
    { head: 'REFUSED', of: ({ shed }) => count(shed), right: true },
    { head: "GATEWAY'S OWN P99", of: ({ ownP99Ms }) => latency(ownP99Ms), right: true },
  ]);
}

function instances({ instances, circuits }: Stats, paper: Terminal): string {
  const circuitOf = ({ instance }: Instance): string => {
    const circuit = circuits.find(each => each.instance === instance);
    return circuit === undefined ? '–' : `${circuit.state}${circuit.out ? ', out' : ''}`;
  };
  return paper.table(instances, [
    { head: 'INSTANCE', of: ({ instance }) => instance, least: 20 },
    {
      head: 'CIRCUIT',
      of: circuitOf,
      paint: text => (text === 'closed' ? paper.good(text) : paper.bad(text)),
    },
    { head: 'IN FLIGHT', of: ({ inFlight }) => count(inFlight), right: true },
    { head: 'OLDEST', of: ({ oldestMs }) => latency(oldestMs), right: true },
    { head: 'ANSWERED', of: ({ answered }) => count(answered), right: true },
    { head: 'MEAN', of: ({ answered, busyMs }) => latency(answered === 0 ? null : busyMs / answered), right: true },
    { head: 'FAILED', of: ({ failed }) => count(failed), right: true },
  ]);
}

function errors({ errors }: Stats, paper: Terminal): string | undefined {
  const rows = Object.entries(errors).sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return undefined;
  return paper.table(rows, [
    { head: 'ERROR', of: ([name]) => name, least: 20 },
    { head: 'SINCE THE START', of: ([, n]) => count(n), right: true },
  ]);
}
