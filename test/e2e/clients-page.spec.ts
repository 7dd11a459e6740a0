import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Chromium, chromiumMissing } from '../support/chromium.js';
import { RunningGateway, startGateway } from '../support/gateway.js';
import { CodeBlock, codeBlocks } from '../support/markdown.js';
import { Network } from '../support/network.js';
import { numbersIn, publishNumbered, range } from '../support/numbered.js';
import { pythonMissing, runPython } from '../support/python.js';
import { describeWith } from '../support/requirement.js';
import { rubyMissing, runRuby } from '../support/ruby.js';
import { ExampleProcess, RunningExample } from '../support/running-example.js';
import { Scratch } from '../support/scratch.js';
import { until } from '../support/until.js';
import { WebSite } from '../support/web-site.js';

// Browsers and interpreters start slowly on a busy machine; each wait has a limit of its own below this.
/*
 * The examples of docs/CLIENTS.md, taken from the page and run as they stand there; only the addresses are replaced.
 * Each has to join, receive, send, and to come back after its network was gone, with nothing lost and nothing twice.
 */

const blocks = codeBlocks(readFileSync('docs/CLIENTS.md', 'utf8'));
const used = new Set<CodeBlock>();

/** The text of an example, by the heading above it. */
function example(section: string, nth = 0): string {
  const block = blocks.filter(block => block.section === section)[nth];
  if (!block) throw new Error(`docs/CLIENTS.md has no example ${nth} under "${section}"`);
  used.add(block);
  return block.code;
}

const curlMissing = spawnSync('curl', ['--version']).status === 0 ? undefined : 'needs curl: apt-get install curl';

const clientIdIn = (code: string): string => /client_?id\W+([\w-]+)/i.exec(code)![1]!;

let gateway: RunningGateway;
let network: Network;
let scratch: Scratch;
const running: RunningExample[] = [];

beforeAll(async () => {
  gateway = await startGateway({ units: [{ name: 'echo', kind: 'echo' }] });
  network = await Network.before(gateway);
  scratch = await Scratch.make(['phoenix', 'viable', 'ws']);
});
afterEach(async () => {
  network.up();
  await Promise.all(running.splice(0).map(example => example.stop()));
});
afterAll(async () => {
  await network.stop();
  await gateway.stop();
  await scratch.remove();
});

type Start = (code: string) => Promise<RunningExample>;

const answers = ({ lines }: RunningExample): number => lines.filter(line => line.startsWith('answer')).length;

/** Everything a client has to go through; what an example wrote is in the complaint when it does not. */
async function goesThrough(code: string, start: Start): Promise<void> {
  const id = clientIdIn(code);
  const client = await start(network.addressed(code));
  running.push(client);
  try {
    await until(() => answers(client) === 1, 'the answer to its first message');

    await publishNumbered(gateway.sseUrl, id, 0, 9);
    await until(() => numbersIn(client).length >= 10, 'what was published while it was there');

    // Some of these have left the gateway when the network goes, and some have not.
    await publishNumbered(gateway.sseUrl, id, 10, 19);
    network.down();
    await publishNumbered(gateway.sseUrl, id, 20, 29);
    await network.missed();
    network.up();
    await publishNumbered(gateway.sseUrl, id, 30, 39);
    await until(() => numbersIn(client).includes(39), 'what was published while it was away');
    await until(() => answers(client) === 2, 'the answer to what it sent when it was back');

    expect(numbersIn(client)).toEqual(range(0, 39));
    expect(client.lines.filter(line => /^(gap|error|refused|uncaught)/.test(line))).toEqual([]);
  } catch (thrown) {
    throw new Error(`${String(thrown)}\n${client.lines.slice(-40).join('\n')}`, { cause: thrown });
  }
}

/** As Node 20 runs it, on any Node: without a WebSocket of its own. */
const node: Start = async code => {
  const path = await scratch.file(`${clientIdIn(code)}.mjs`, code);
  const flag = '--experimental-websocket';
  const without = process.allowedNodeEnvironmentFlags.has(flag) ? [flag.replace('--', '--no-')] : [];
  return ExampleProcess.start(process.execPath, [...without, path]);
};

describeWith(chromiumMissing, 'in Chromium', () => {
  let chromium: Chromium;
  let site: WebSite;
  beforeAll(async () => {
    chromium = await Chromium.launch();
    site = await WebSite.start(() => network);
  });
  afterAll(async () => {
    await chromium.stop();
    await site.stop();
  });

  it.each(['EventSource', 'phoenix', 'WebSocket', 'ViableClient'])('%s', section =>
    goesThrough(example(section), code => chromium.open(site.page(code))),
  );
});

describe('in Node', () => {
  it('phoenix without a WebSocket, by long poll', () =>
    goesThrough(example('phoenix').replace('phoenix-1', 'phoenix-poll-1'), node));

  it('phoenix with a WebSocket', () => goesThrough(example('phoenix in Node'), node));

  it('ViableClient', () => goesThrough(example('ViableClient', 1), node));
});

describeWith(pythonMissing, 'in Python', () => {
  it.each(['Python, event stream', 'Python, WebSocket'])('%s', section =>
    goesThrough(example(section), async code => runPython(await scratch.file(`${clientIdIn(code)}.py`, code))),
  );
});

describeWith(rubyMissing, 'in Ruby', () => {
  it('faye-websocket', () => goesThrough(example('Ruby'), async code => runRuby(await scratch.file('ruby.rb', code))));
});

describeWith(curlMissing, 'in a shell', () => {
  const shell = async (nth: number): Promise<ExampleProcess> => {
    const started = await ExampleProcess.start('sh', ['-c', network.addressed(example('curl', nth))]);
    running.push(started);
    return started;
  };
  const output = ({ lines }: RunningExample): any => JSON.parse(lines.find(line => line.startsWith('{'))!);

  it('curl listens, publishes to a client and to everybody', async () => {
    const listening = await shell(0);
    await until(() => listening.lines.includes('event: connected'), 'curl to be connected');

    const publishing = await shell(1);
    await until(() => publishing.ended, 'curl to have published');
    expect(output(publishing).counts).toEqual({ delivered: 1, queued: 0, refused: 0 });

    const broadcasting = await shell(2);
    await until(() => broadcasting.ended, 'curl to have broadcast');
    expect(output(broadcasting).counts.delivered).toBeGreaterThanOrEqual(1);

    const received = (): any[] =>
      listening.lines
        .filter(line => line.startsWith('data: {'))
        .map(line => JSON.parse(line.slice('data: '.length)))
        .filter(({ sequence }) => sequence !== undefined);
    await until(() => received().length === 2, 'curl to have heard both');
    expect(received()).toMatchObject([
      { sequence: 0, type: 'chat', payload: { body: 'hi' } },
      { sequence: 1, type: 'news', payload: { body: 'for all' }, priority: 'high' },
    ]);
  });
});

/** So that an example which is added to the page is run, too. It is the last: by now everything has been asked for. */
describe('docs/CLIENTS.md', () => {
  it('has no example that is not run', () => {
    const complete = [chromiumMissing, pythonMissing, rubyMissing, curlMissing].every(missing => missing === undefined);
    const idle = blocks.filter(block => block.language !== 'json' && !used.has(block));
    expect(complete ? idle.map(({ section, code }) => `${section}: ${code}`) : []).toEqual([]);
  });
});
