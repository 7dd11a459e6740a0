import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { RunningFixture, startFixture } from './fixture.js';
import { GatewayProcess } from './gateway-process.js';
import { RunningGateway, startGateway } from './gateway.js';
import { RawSession } from './raw-http.js';
import { until } from './until.js';
import { wholeLines } from './whole-lines.js';

const ROGUE = resolve('test/fixtures/rogue-unit.mjs');

/** What rogue units got, by their own word. */
export class Journal {
  readonly path = join(mkdtempSync(join(tmpdir(), 'rogue-')), 'journal');

  get lines(): any[] {
    if (!existsSync(this.path)) return [];
    return wholeLines(readFileSync(this.path, 'utf8')).map(line => JSON.parse(line));
  }

  of(method: string): any[] {
    return this.lines.filter(line => line.method === method);
  }

  get starts(): number {
    return this.lines.filter(({ started }) => started).length;
  }
}

export function stdioUnit(name: string, what: object, journal: Journal, unit: object = {}): object {
  const args = [ROGUE, '--journal', journal.path, '--do', JSON.stringify(what)];
  return { name, kind: 'mcp', command: process.execPath, args, ...unit };
}

export interface Remote extends RunningFixture {
  journal: Journal;
  control(what: object): Promise<void>;
}

export async function remoteUnit(what: object = {}, port = 0): Promise<Remote> {
  const journal = new Journal();
  const args = ['--http', String(port), '--journal', journal.path, '--do', JSON.stringify(what)];
  const fixture = await startFixture(ROGUE, args);
  const control = async (order: object): Promise<void> => {
    const response = await fetch(new URL('/control', fixture.url), { method: 'POST', body: JSON.stringify(order) });
    await response.text();
  };
  return { ...fixture, journal, control };
}

export const httpUnit = (name: string, remotes: Remote | Remote[], unit: object = {}): object => ({
  name,
  kind: 'mcp',
  urls: [remotes].flat().map(({ url }) => url),
  transport: 'streamable_http',
  ...unit,
});

/** Everything that a test starts, ended in the end. */
export class Stage {
  private readonly ends: (() => Promise<unknown>)[] = [];

  async remote(what: object = {}): Promise<Remote> {
    const remote = await remoteUnit(what);
    this.ends.push(() => remote.stop());
    return remote;
  }

  async gateway(config: object): Promise<RunningGateway> {
    const gateway = await startGateway({ health: { interval: 0 }, drain_timeout: 0, ...config });
    this.ends.push(() => gateway.stop());
    return gateway;
  }

  async process(config: object, env: Record<string, string> = {}): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.spawn({ health: { interval: 0 }, log_level: 'debug', ...config }, env);
    this.ends.push(() => gateway.stop());
    return gateway;
  }

  async client(url: string, capabilities: object = {}): Promise<Peer> {
    const peer = new Peer(url);
    this.ends.push(() => peer.leave());
    await peer.session.initialize(capabilities);
    await peer.listen();
    return peer;
  }

  async end(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end().catch(() => undefined);
  }
}

/** A client that hears everything: its GET stream and the streams of its calls. */
export class Peer {
  readonly session: RawSession;
  /** What came that is no answer to its own requests. */
  readonly heard: any[] = [];
  private readonly abort = new AbortController();
  private last = 1_000;

  constructor(url: string) {
    this.session = new RawSession(url);
  }

  async listen(): Promise<void> {
    const response = await this.session.get(undefined, this.abort.signal);
    void this.read(response);
    await delay(20);
  }

  /** The answer, or `late` when none came in time. */
  async ask(method: string, params: object = {}, ms = 30_000): Promise<any> {
    return this.send({ jsonrpc: '2.0', id: ++this.last, method, params }, ms);
  }

  call(name: string, args: object = {}, more: object = {}, ms = 30_000): Promise<any> {
    return this.ask('tools/call', { name, arguments: args, ...more }, ms);
  }

  notify(method: string, params: object = {}): Promise<Response> {
    return this.session.post({ jsonrpc: '2.0', method, params });
  }

  /** Posts it as it is. */
  async send(message: any, ms = 30_000): Promise<any> {
    const answer = async (): Promise<any> => {
      const response = await this.session.post(message, this.abort.signal);
      const type = response.headers.get('content-type') ?? '';
      return type.includes('json') ? response.json() : this.read(response, message.id);
    };
    const late = delay(ms, 'late', { ref: false });
    return Promise.race([answer().catch(error => `failed: ${error}`), late]);
  }

  get lastId(): number {
    return this.last;
  }

  async leave(): Promise<void> {
    await this.session.delete().catch(() => undefined);
    this.abort.abort();
  }

  private async read(response: Response, id?: unknown): Promise<any> {
    let answer: any = 'none';
    const parser = createParser({
      onEvent: ({ data }) => {
        if (!data.startsWith('{')) return;
        const message = JSON.parse(data);
        if (message.method === undefined && message.id === id) answer = message;
        else this.heard.push(message);
      },
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body as any) {
        parser.feed(decoder.decode(chunk, { stream: true }));
        if (answer !== 'none') break;
      }
    } catch {
      // Cut.
    }
    return answer;
  }
}

export const textIn = (answer: any): string => answer?.result?.content?.[0]?.text;
export const errorIn = (answer: any): string => answer?.error?.data?.error;
export { delay, until };
