import { change, Command, named, view } from '../command.js';
import { Terminal, page } from '../terminal.js';
import { Column } from '../table.js';

interface Forced {
  state: string;
  by: string;
  why: string;
  until: number | null;
}

interface Circuits {
  instances: { instance: string; state: string; out: boolean; forced: Forced | null }[];
  transports: { transport: string; state: string; forced: Forced | null }[];
}

const PATH = '/mcp/admin/circuits';
const TARGET = { target: named('An instance, or a transport: http_sse, websocket', 'circuits') };

const held = (name: 'open' | 'close', state: 'open' | 'closed', about: string): Command =>
  change<{ target: string; forced: string; by: string }, { target: string }>({
    syntax: `${name} <target>`,
    about,
    arguments: TARGET,
    passing: true,
    ask: ({ target }) => ({ method: 'POST', path: PATH, body: { target, state } }),
    tell: ({ target, forced, by }, paper) => `The circuit of ${paper.bold(target)} is held ${forced} by ${by}.`,
  });

const release = change<{ target: string }, { target: string }>({
  syntax: 'release <target>',
  about: 'Leave a circuit to what it sees itself',
  arguments: TARGET,
  ask: ({ target }) => ({ method: 'DELETE', path: PATH, body: { target } }),
  tell: ({ target }, paper) => `The circuit of ${paper.bold(target)} goes by what it sees.`,
});

export const circuits = view<Circuits>({
  syntax: 'circuits',
  about: 'Circuits; open, close and release hold them or let them go',
  below: [
    held('open', 'open', 'Hold a circuit open: nothing goes there'),
    held('close', 'closed', 'Hold a circuit closed: nothing is refused'),
    release,
  ],
  path: () => PATH,
  show: ({ instances, transports }, paper) =>
    page(
      paper.table(
        instances.map(({ instance, ...rest }) => ({ name: instance, ...rest })),
        columns('INSTANCE', paper),
      ),
      paper.table(
        transports.map(({ transport, ...rest }) => ({ name: transport, out: false, ...rest })),
        columns('TRANSPORT', paper),
      ),
    ),
});

interface Row {
  name: string;
  state: string;
  out: boolean;
  forced: Forced | null;
}

function columns(head: string, paper: Terminal): Column<Row>[] {
  return [
    { head, of: ({ name }) => name, least: 20 },
    {
      head: 'STATE',
      of: ({ state }) => state,
      paint: text => (text === 'closed' ? paper.good(text) : paper.bad(text)),
    },
    { head: 'USED', of: ({ out }) => (out ? 'last' : 'yes') },
    { head: 'HELD', of: ({ forced }) => (forced ? `${forced.state} by ${forced.by}` : 'no') },
    {
      head: 'UNTIL',
      of: ({ forced }) => (forced ? (forced.until === null ? 'released' : paper.time(forced.until)) : ''),
    },
    { head: 'WHY', of: ({ forced }) => forced?.why ?? '', least: 20 },
  ];
}
