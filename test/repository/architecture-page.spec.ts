import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { MemoryMessageLog } from '../../src/delivery/message-log.memory.js';
import { NativeClient } from '../support/channel-clients.js';
import { DOORS } from '../support/clients.js';
import { EVERYTHING } from '../support/everything.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { Hops } from '../support/hops.js';
import { publish } from '../support/publisher.js';
import { openRaw, RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

const FILE = 'docs/ARCHITECTURE.md';
const [BEGIN, END] = ['<!-- hops -->', '<!-- /hops -->'];
/** Calls from one file into another that a call may take on its way to the unit and back. */
const MOST = 18;

interface Path {
  what: string;
  files: string[];
}

const hopsOf = ({ files }: Path): number => files.length - 1;
/** As prettier leaves it or as it was written: columns may be padded. */
const bare = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

describe(FILE, () => {
  let gateway: RunningGateway;
  let client: RawClient;
  let native: NativeClient;
  const paths: Path[] = [];

  beforeAll(async () => {
    const lab = { name: 'lab', kind: 'mcp', command: process.execPath, args: ['test/fixtures/lab-unit.mjs'] };
    gateway = await startGateway({
      units: [EVERYTHING, lab],
      routes: [{ type: 'ask', unit: 'everything', tool: 'echo' }],
    });
    client = await openRaw(DOORS[0]!, gateway, '?unit=everything');
    native = await NativeClient.join(gateway.wsUrl, { client_id: 'somebody' });
    await walk();
  });
  afterAll(async () => {
    client.close();
    native.leave();
    await gateway.stop();
  });

  /** Notes by which files a text goes while something is done, one name for each write. */
  async function trace(text: string, names: string[], hops: Hops, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      await until(() => hops.all.length >= names.length, `${names.length} writes of ${text}`);
    } finally {
      hops.stop();
    }
    names.forEach((what, i) => paths.push({ what, files: hops.all[i]! }));
  }

  const call = (id: string, name: string, args: object): string =>
    JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });

  async function walk(): Promise<void> {
    // Once before, so that a link is there and nothing is made for the first time.
    await client.send(call('first', 'echo', { message: 'first' }));
    native.send({ type: 'ask', data: { message: 'first' } });
    await native.got(1);

    await trace('hop-http', ['a call by Streamable HTTP, to its unit'], new Hops('hop-http'), () =>
      client.send(call('1', 'echo', { message: 'hop-http' })),
    );
    // Over HTTP an answer takes one hop more where it comes late and as an event.
    const socket = await openRaw(DOORS[2]!, gateway, '?unit=everything');
    await socket.send(call('2', 'echo', { message: 'first' }));
    await until(() => socket.received.some(text => text.includes('first')), 'the first answer');
    await trace('hop-socket', ['a call by WebSocket, to its unit', 'its answer'], new Hops('hop-socket'), () =>
      socket.send(call('3', 'echo', { message: 'hop-socket' })),
    );
    socket.close();
    const fragile = await openRaw(DOORS[2]!, gateway, '?unit=lab');
    await trace('hop-fail', ['its failure (the unit dies)'], new Hops('"hop-fail"'), () =>
      fragile.send(call('hop-fail', 'die', {})),
    );
    fragile.close();
    const pushed = new Hops('hop-push').at(MemoryMessageLog.prototype, 'append');
    await trace('hop-push', ['a pushed message, to the log', 'from there to its client'], pushed, () =>
      publish(gateway.sseUrl, 'somebody', { payload: { body: 'hop-push' } }),
    );
    await trace('hop-ask', ['a native message, to its unit'], new Hops('hop-ask'), () =>
      Promise.resolve(native.send({ type: 'ask', data: { message: 'hop-ask' } })),
    );
  }

  it('says by which files messages go', () => {
    const rows = paths.map(
      path => `| ${path.what} | ${hopsOf(path)} | ${path.files.map(f => `\`${f}\``).join(' → ')} |`,
    );
    const table = ['| what | hops | files of `src/` |', '| --- | --- | --- |', ...rows].join('\n');
    const page = readFileSync(FILE, 'utf8');
    const [before, rest = ''] = page.split(BEGIN);
    const [inside = '', after = ''] = rest.split(END);
    if (process.env.UPDATE_DOCS) writeFileSync(FILE, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
    else expect(bare(inside)).toBe(bare(table));
  });

  it('has a call take few hops, to the unit and back', () => {
    const [http, socket, answer] = paths.map(hopsOf) as [number, number, number];
    expect(http + answer).toBeLessThanOrEqual(MOST);
    expect(socket + answer).toBeLessThanOrEqual(MOST);
  });

  it('names files that there are', () => {
    const named = readFileSync(FILE, 'utf8').matchAll(/`((?:\w[\w.-]*\/)+[\w.-]+\.(?:ts|mjs|md|yaml|cjs))`/g);
    const missing = [...named].map(([, path]) => path!).filter(path => !existsSync(path) && !existsSync(`src/${path}`));
    expect(missing).toEqual([]);
  });
});
